import { setTimeout as delay } from "node:timers/promises";
import type { Node, RedisClient } from "./redis-client.ts";
import { isWrongType } from "./redis-refusals.ts";
import { PROBE_KEY } from "./redis-renewal.ts";
import { isTooLarge, readHead } from "./value-head.ts";
import { persistently } from "./sweep.ts";
import { messageOf } from "../../lib/errors.ts";

/** An entry with what it has left to live. */
export interface TransferEntry {
  readonly key: string;
  readonly value: Buffer;
  readonly ttlMs: number;
}

/** Redis is away, went away, or refused. */
export class TransferFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TransferFault";
  }
}

/** Keys looked at by one SCAN. */
const SLICE_KEYS = 100;
/** Entries under way at once: at most 256 KiB of each are read, so 4 MiB of all. */
const AT_ONCE = 16;
const PAUSE_MS = 1;

/**
 * Entries under the prefixes, on every master, some at a time. One that comes, goes or changes meanwhile may be there or
 * not; one that Redis moved may come twice. What is no string or never expires is not combot's and is left out; so is what
 * is larger than combot keeps, which is told.
 *
 * @throws {TransferFault}
 */
export async function* exportEntries(
  client: RedisClient,
  prefixes: readonly string[],
  onTooLarge: () => void,
): AsyncGenerator<TransferEntry[], void> {
  for (const node of client.masters()) {
    for (const prefix of prefixes) {
      let cursor = "0";
      do {
        const from = cursor;
        const [next, keys] = await asking(() => node.scan(from, "MATCH", `${prefix}*`, "COUNT", SLICE_KEYS));
        for (let at = 0; at < keys.length; at += AT_ONCE)
          yield await readAll(node, keys.slice(at, at + AT_ONCE), onTooLarge);
        cursor = next;
        await delay(PAUSE_MS);
      } while (cursor !== "0");
    }
  }
}

async function readAll(node: Node, keys: readonly string[], onTooLarge: () => void): Promise<TransferEntry[]> {
  const wanted = keys.filter((key) => key !== PROBE_KEY);
  const found = await asking(() => Promise.all(wanted.map((key) => readOne(node, key))));
  for (const entry of found) if (entry === "too large") onTooLarge();
  return found.filter((entry) => typeof entry === "object");
}

async function readOne(node: Node, key: string): Promise<TransferEntry | "too large" | undefined> {
  try {
    const [value, ttlMs] = await Promise.all([readHead(node, key), node.pttl(key)]);
    if (ttlMs <= 0) return undefined;
    return isTooLarge(value) ? "too large" : { key, value, ttlMs };
  } catch (error) {
    if (isWrongType(error)) return undefined;
    throw error;
  }
}

/** Writes entries, in the place of those there are. @throws {TransferFault} */
export async function importEntries(client: RedisClient, entries: readonly TransferEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    const some = entries.slice(at, at + AT_ONCE);
    await asking(() => Promise.all(some.map(({ key, value, ttlMs }) => client.commands.set(key, value, "PX", ttlMs))));
  }
}

async function asking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await persistently(work);
  } catch (error) {
    throw new TransferFault(messageOf(error), { cause: error });
  }
}
