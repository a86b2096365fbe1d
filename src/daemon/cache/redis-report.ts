import type { RedisStatus } from "../../lib/protocol/cache.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** What deploy starts its Redis with: only that one's keys are all ours to count. */
const MANAGED_CONFIG = "/etc/combot/redis.conf";
const FRESH_MS = 1000;

type Figures = Pick<RedisStatus, "version" | "usedBytes" | "maxBytes" | "keys" | "evictedKeys">;

const UNKNOWN: Figures = {
  version: null,
  usedBytes: null,
  maxBytes: null,
  keys: null,
  evictedKeys: null,
};

/** What Redis says of itself, asked no more often than need be, and never while it is away. */
export class RedisReport {
  readonly #connection: RedisConnection;
  readonly #now: () => number;
  #figures: Promise<Figures> = Promise.resolve(UNKNOWN);
  #last: Figures = UNKNOWN;
  #askedAtMs = -Infinity;

  /** @param now a clock that never goes back, in ms. */
  constructor(connection: RedisConnection, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  /** @param maxAgeMs how old they may be. */
  async figures(maxAgeMs = FRESH_MS): Promise<Figures> {
    if (!this.#connection.isUsable) return UNKNOWN;
    if (this.#now() - this.#askedAtMs > maxAgeMs) {
      this.#askedAtMs = this.#now();
      this.#figures = this.#ask().catch(() => UNKNOWN);
      this.#last = await this.#figures;
    }
    return this.#figures;
  }

  /** What was heard last, asking nothing. */
  get last(): Figures {
    return this.#connection.isUsable ? this.#last : UNKNOWN;
  }

  /** Of a cluster: the sum over its masters. */
  async #ask(): Promise<Figures> {
    const masters = this.#connection.client?.masters() ?? [];
    const infos = await Promise.all(masters.map(async (node) => parseInfo(await node.info())));
    const [first] = infos;
    if (!first) return UNKNOWN;
    const isManaged = infos.every((info) => info.get("config_file") === MANAGED_CONFIG);
    const keys = isManaged ? await Promise.all(masters.map((node) => node.dbsize())) : null;
    return {
      version: first.get("valkey_version") ?? first.get("redis_version") ?? null,
      usedBytes: sumOf(infos, "used_memory"),
      maxBytes: sumOf(infos, "maxmemory"),
      evictedKeys: sumOf(infos, "evicted_keys"),
      keys: keys && keys.reduce((a, b) => a + b, 0),
    };
  }
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(/\r?\n/u).filter((line) => line.includes(":") && !line.startsWith("#"));
  return new Map(pairs.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}

function sumOf(infos: readonly ReadonlyMap<string, string>[], field: string): number | null {
  const values = infos.map((info) => Number(info.get(field) ?? NaN));
  const sum = values.reduce((a, b) => a + b, 0);
  return Number.isFinite(sum) ? sum : null;
}
