import { setTimeout as delay } from "node:timers/promises";
import { CLASSIFICATION_PREFIX } from "./keys.ts";
import type { Node, RedisClient } from "./redis-client.ts";

/** Every key of combot's, sessions and products included. */
const EVERY_PREFIX = "combot:";
/** Keys looked at by one SCAN: few enough that no command holds Redis up. */
const SLICE_KEYS = 200;
/** Between slices, so that requests get their turn. */
const PAUSE_MS = 1;
/** A slice that came too late is asked for again; requests have a deadline that a cleanup need not share. */
const TRIES = 20;
const RETRY_MS = 100;

/**
 * Removes combot's keys and no other, on every master: found with SCAN, removed with UNLINK one key a command, so that a
 * cluster takes it too.
 *
 * @param sessions sessions and products as well. @param onRemoved told how many of each slice are gone.
 * @throws what Redis said last, where it went away meanwhile.
 */
export async function sweepRedis(
  client: RedisClient,
  sessions: boolean,
  onRemoved: (keys: number) => void,
): Promise<void> {
  const pattern = `${sessions ? EVERY_PREFIX : CLASSIFICATION_PREFIX}*`;
  await Promise.all(client.masters().map((node) => sweepNode(node, pattern, onRemoved)));
}

/** Tells each master's allocator to give back what it holds free. A cache can do without it: nothing is thrown. */
export async function purgeRedis(client: RedisClient): Promise<void> {
  await Promise.allSettled(client.masters().map((node) => node.memory("PURGE")));
}

async function sweepNode(node: Node, pattern: string, onRemoved: (keys: number) => void): Promise<void> {
  let cursor = "0";
  do {
    cursor = await persistently(() => sweepSlice(node, pattern, cursor, onRemoved));
    await delay(PAUSE_MS);
  } while (cursor !== "0");
}

/** @returns where the next slice begins; "0" after the last. */
async function sweepSlice(
  node: Node,
  pattern: string,
  cursor: string,
  onRemoved: (keys: number) => void,
): Promise<string> {
  const [next, keys] = await node.scan(cursor, "MATCH", pattern, "COUNT", SLICE_KEYS);
  const removed = await Promise.all(keys.map((key) => node.unlink(key)));
  onRemoved(removed.reduce((a, b) => a + b, 0));
  return next;
}

/** @throws what came last, after two seconds of tries. */
export async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(RETRY_MS);
    }
  }
}
