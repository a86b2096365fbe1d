import { expect } from "vitest";
import type { RedisClient } from "../../../src/daemon/cache/redis-client.ts";
import { persistently } from "../../../src/daemon/cache/sweep.ts";
import type { RedisServer } from "../../support/redis-server.ts";

export const ANSWERS = 700;
export const OTHERS = 30;
export const TTL_MS = 1_000_000;
const KINDS = { "combot:ml:abc:": ANSWERS, "combot:product:": OTHERS, "combot:session:": OTHERS, "other:": OTHERS };

interface Entry {
  readonly value: string;
  readonly ttlMs: number;
}

/** Values of bytes that are no text. */
export async function fill({ commands }: RedisClient): Promise<void> {
  for (const [prefix, count] of Object.entries(KINDS))
    for (let from = 0; from < count; from += 20) {
      const indices = Array.from({ length: Math.min(20, count - from) }, (_, offset) => from + offset);
      const write = (index: number): Promise<unknown> => {
        const value = Buffer.from([0, 255, index % 256, 10, 13, index >> 8]);
        return commands.set(`${prefix}${index}`, value, "PX", TTL_MS + index * 1000);
      };
      await persistently(() => Promise.all(indices.map(write)));
    }
}

export async function entriesOf(servers: readonly RedisServer[], prefix: string): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  for (const one of servers)
    await one.ask(async (redis) => {
      for (const key of await redis.keys(`${prefix}*`)) {
        const [value, ttlMs] = await Promise.all([redis.getBuffer(key), redis.pttl(key)]);
        found.set(key, { value: value?.toString("hex") ?? "", ttlMs });
      }
    });
  return found;
}

export async function wipe(servers: readonly RedisServer[]): Promise<void> {
  for (const one of servers) await one.ask((redis) => redis.flushall());
}

/** The same keys and values, and about the same time left. */
export function expectEqual(found: ReadonlyMap<string, Entry>, wanted: ReadonlyMap<string, Entry>): void {
  const values = (entries: ReadonlyMap<string, Entry>) => new Map([...entries].map(([key, { value }]) => [key, value]));
  expect(values(found)).toEqual(values(wanted));
  const drifts = [...wanted].map(([key, { ttlMs }]) => Math.abs(ttlMs - (found.get(key)?.ttlMs ?? 0)));
  expect(Math.max(0, ...drifts)).toBeLessThan(30_000);
}
