import { setTimeout as delay } from "node:timers/promises";
import type { Node, RedisClient } from "./redis-client.ts";
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

/** Keys looked at by one SCAN, and entries that are under way at once: a value may have 256 KiB. */
const SLICE_KEYS = 100;
const AT_ONCE = 20;
const PAUSE_MS = 1;

/**
 * Entries under the prefixes, on every master, some at a time. One that comes, goes or changes meanwhile may be there or
 * not; one that Redis moved may come twice. What is no string or never expires is not combot's and is left out.
 *
 * @throws {TransferFault}
 */
export async function* exportEntries(
  client: RedisClient,
  prefixes: readonly string[],
): AsyncGenerator<TransferEntry[], void> {
  for (const node of client.masters()) {
    for (const prefix of prefixes) {
      let cursor = "0";
      do {
        const from = cursor;
        const [next, keys] = await asking(() => node.scan(from, "MATCH", `${prefix}*`, "COUNT", SLICE_KEYS));
        for (let at = 0; at < keys.length; at += AT_ONCE) yield await readAll(node, keys.slice(at, at + AT_ONCE));
        cursor = next;
        await delay(PAUSE_MS);
      } while (cursor !== "0");
    }
  }
}

async function readAll(node: Node, keys: readonly string[]): Promise<TransferEntry[]> {
  const found = await asking(() => Promise.all(keys.map((key) => readOne(node, key))));
  return found.filter((entry) => entry !== undefined);
}

async function readOne(node: Node, key: string): Promise<TransferEntry | undefined> {
  try {
    const [value, ttlMs] = await Promise.all([node.getBuffer(key), node.pttl(key)]);
    return value === null || ttlMs <= 0 ? undefined : { key, value, ttlMs };
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError" && error.message.startsWith("WRONGTYPE"))
      return undefined;
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
