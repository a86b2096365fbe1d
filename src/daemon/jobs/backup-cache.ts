import { open, rm } from "node:fs/promises";
import { messageOf } from "../../lib/errors.ts";
import { MIB } from "../../lib/units.ts";
import type { BackupFacts, BackupProgress, CacheEntries } from "../../lib/protocol/backup.ts";
import { entriesText, readEntries } from "../backup/entries.ts";
import type { SavedEntry } from "../backup/entries.ts";
import { damaged } from "../backup/sums.ts";
import type { RedisConnection } from "../cache/redis-connection.ts";
import { exportEntries, importEntries, TransferFault } from "../cache/transfer.ts";

const KINDS = { answers: "combot:ml:", products: "combot:product:", sessions: "combot:session:" } as const;
const NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];
/** Entries between two words of progress. */
const TOLD_EVERY = 1000;
/** Of one write. */
const BATCH = 200;
const BATCH_BYTES = 4 * MIB;

interface Telling {
  readonly event: "progress";
  readonly data: BackupProgress;
}

type Outcome = Pick<BackupFacts, "cache" | "cacheNote">;

const OFF: Outcome = { cache: null, cacheNote: "Redis is off: there is no shared cache." };

/**
 * The entries in Redis, as lines of text. A Redis that is away, or goes away, costs the backup the cache and no more:
 * the journal is worth having by itself.
 */
export async function* saveEntries(
  redis: RedisConnection | undefined,
  path: string,
  sessions: boolean,
  stop: AbortSignal,
): AsyncGenerator<Telling, Outcome> {
  if (!redis) return OFF;
  const { client } = redis;
  if (!client) return { cache: null, cacheNote: awayNote(redis) };
  const prefixes = NAMES.filter((name) => sessions || name !== "sessions").map((name) => KINDS[name]);
  const counts = { answers: 0, products: 0, sessions: 0 };
  let tooLarge = 0;
  const file = await open(path, "wx", 0o600);
  try {
    let told = 0;
    for await (const entries of exportEntries(client, prefixes, () => tooLarge++)) {
      stop.throwIfAborted();
      await file.appendFile(entriesText(entries));
      for (const entry of entries) counts[kindOf(entry)]++;
      if (sum(counts) - told >= TOLD_EVERY) yield telling((told = sum(counts)), null);
    }
    return {
      cache: counts,
      cacheNote: tooLarge === 0 ? null : `${tooLarge} values larger than combot keeps are not in it`,
    };
  } catch (error) {
    if (stop.aborted || !(error instanceof TransferFault)) throw error;
    await rm(path, { force: true });
    return { cache: null, cacheNote: `Redis went away meanwhile: ${messageOf(error)}` };
  } finally {
    await file.close();
  }
}

/** Every line is an entry, and there are as many as were written. @throws {CombotError} `BACKUP_DAMAGED` */
export async function checkEntries(path: string, written: CacheEntries): Promise<CacheEntries> {
  const counts = { answers: 0, products: 0, sessions: 0 };
  for await (const entry of readEntries(path)) counts[kindOf(entry)]++;
  if (NAMES.some((name) => counts[name] !== written[name])) throw damaged("it has another number of cache entries");
  return counts;
}

export type MostTtlMs = Readonly<Record<keyof typeof KINDS, number>>;

export interface RestoredEntries {
  readonly sessions: boolean;
  readonly wanted: CacheEntries;
  /** No entry gets more to live. */
  readonly mostTtlMs: MostTtlMs;
}

/** Writes them over those in Redis, with the time they had left when they were saved. */
export async function* restoreEntries(
  redis: RedisConnection | undefined,
  path: string,
  { sessions, wanted, mostTtlMs }: RestoredEntries,
  stop: AbortSignal,
): AsyncGenerator<Telling, Outcome> {
  if (!redis) return OFF;
  const counts = { answers: 0, products: 0, sessions: 0 };
  const total = sum(wanted);
  try {
    for await (const batch of batches(path, sessions, mostTtlMs)) {
      stop.throwIfAborted();
      await write(redis, batch);
      for (const entry of batch) counts[kindOf(entry)]++;
      yield telling(sum(counts), total);
    }
  } catch (error) {
    if (stop.aborted || !(error instanceof TransferFault)) throw error;
    return { cache: counts, cacheNote: `${sum(counts)} of ${total} entries: ${messageOf(error)}` };
  }
  return { cache: counts, cacheNote: null };
}

async function write(redis: RedisConnection, batch: readonly SavedEntry[]): Promise<void> {
  const { client } = redis;
  if (!client) throw new TransferFault(awayNote(redis));
  await importEntries(client, batch);
}

async function* batches(path: string, sessions: boolean, mostTtlMs: MostTtlMs): AsyncGenerator<SavedEntry[], void> {
  let batch: SavedEntry[] = [];
  let bytes = 0;
  for await (const entry of readEntries(path)) {
    const kind = kindOf(entry);
    if (!sessions && kind === "sessions") continue;
    batch.push({ ...entry, ttlMs: Math.min(entry.ttlMs, mostTtlMs[kind]) });
    bytes += entry.value.length;
    if (batch.length < BATCH && bytes < BATCH_BYTES) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

function kindOf({ key }: SavedEntry): keyof typeof KINDS {
  const kind = NAMES.find((name) => key.startsWith(KINDS[name]));
  if (kind === undefined) throw damaged("it has an entry of the cache that combot does not write");
  return kind;
}

function awayNote(redis: RedisConnection): string {
  return `Redis is away: ${redis.lastError ?? "no connection yet"}`;
}

function telling(done: number, total: number | null): Telling {
  return { event: "progress", data: { step: "cache", done, total } };
}

function sum({ answers, products, sessions }: CacheEntries): number {
  return answers + products + sessions;
}
