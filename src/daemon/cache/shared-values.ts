import { CombotError } from "../../lib/errors.ts";
import { MAX_VALUE_BYTES } from "../../lib/protocol/cache.ts";
import type { CacheValueKept, CacheValuePlace, CacheValueRemoved } from "../../lib/protocol/cache.ts";
import type { Commands } from "./redis-client.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { isRefusal, isWrongType, tellable } from "./redis-refusals.ts";
import { isTooLarge, readHead } from "./value-head.ts";

/** Counted from the last write; of a session, from the last time it was asked for too. */
export const VALUE_TTL_SECONDS = { product: 3600, session: 1800 } as const;
/** There is nothing else to answer with, so it is waited for longer than for a classification. */
const DEADLINE_MS = 200;
const RETRY_AFTER_SECONDS = 1;

/**
 * Products and sessions, which other backends keep in the same Redis: never in memory, so that what one of them wrote is
 * seen at once. Values are JSON and pass through untouched.
 */
export class SharedValues {
  readonly #connection: RedisConnection | undefined;

  /** @param connection undefined where Redis is off. */
  constructor(connection: RedisConnection | undefined) {
    this.#connection = connection;
  }

  /** @throws {CombotError} `KEY_UNKNOWN`, `VALUE_INVALID`, `CACHE_UNAVAILABLE` */
  async read(place: CacheValuePlace): Promise<Buffer> {
    const name = nameOf(place);
    const value = await this.#look(place, (redis) =>
      place.namespace === "session" ? readSliding(redis, name) : readHead(redis, name),
    );
    if (value.length > 0) return checked(value, place);
    // Not there, or empty: one command tells these apart, of two the first may have come before somebody wrote it.
    const whole = await this.#look(place, (redis) => redis.getBuffer(name));
    if (whole === null) throw new CombotError("KEY_UNKNOWN", `${place.namespace}: there is nothing under this key`);
    if (whole.length === 0) throw invalid(place, "empty");
    return checked(whole, place);
  }

  /** @throws {CombotError} `BODY_TOO_LARGE`, `CACHE_UNAVAILABLE` */
  async keep(place: CacheValuePlace, json: string): Promise<CacheValueKept> {
    if (Buffer.byteLength(json) > MAX_VALUE_BYTES)
      throw new CombotError("BODY_TOO_LARGE", `body: more than ${MAX_VALUE_BYTES / 1024} KiB`);
    const ttlSeconds = VALUE_TTL_SECONDS[place.namespace];
    await this.#change((redis) => redis.set(nameOf(place), json, "PX", ttlSeconds * 1000));
    return { ...place, ttlSeconds };
  }

  /** @throws {CombotError} `CACHE_UNAVAILABLE` */
  async remove(place: CacheValuePlace): Promise<CacheValueRemoved> {
    return { removed: (await this.#change((redis) => redis.unlink(nameOf(place)))) > 0 };
  }

  async #look<T>(place: CacheValuePlace, call: (redis: Commands) => Promise<T>): Promise<T> {
    try {
      return await this.#ask((connection) => connection.run(call, DEADLINE_MS));
    } catch (error) {
      throw isWrongType(error) ? invalid(place, "no string") : error;
    }
  }

  #change<T>(call: (redis: Commands) => Promise<T>): Promise<T> {
    return this.#ask((connection) => connection.write(call, DEADLINE_MS));
  }

  async #ask<T>(use: (connection: RedisConnection) => Promise<T>): Promise<T> {
    const connection = this.#connection;
    if (!connection) throw unavailable("Redis is off (REDIS_URL)");
    if (!connection.isUsable) throw unavailable("Redis is away");
    try {
      return await use(connection);
    } catch (error) {
      if (isWrongType(error)) throw error;
      // A refusal says what an operator can mend, and holds neither key nor value.
      throw unavailable(isRefusal(error) ? `Redis refuses: ${tellable(error)}` : "Redis did not answer in time");
    }
  }
}

/** A Redis that takes no writes can still be read; nothing slides then. */
async function readSliding(redis: Commands, name: string): Promise<Buffer> {
  const sliding = redis.expire(name, VALUE_TTL_SECONDS.session).catch((error: unknown) => {
    if (!isRefusal(error)) throw error;
  });
  const [value] = await Promise.all([readHead(redis, name), sliding]);
  return value;
}

function nameOf({ namespace, key }: CacheValuePlace): string {
  return `combot:${namespace}:${key}`;
}

/** Whoever asked was told that it is JSON. */
function checked(value: Buffer, place: CacheValuePlace): Buffer {
  if (isTooLarge(value)) throw invalid(place, `larger than ${MAX_VALUE_BYTES / 1024} KiB`);
  try {
    JSON.parse(value.toString("utf8"));
    return value;
  } catch {
    throw invalid(place, "not JSON");
  }
}

function invalid({ namespace }: CacheValuePlace, what: string): CombotError {
  return new CombotError("VALUE_INVALID", `${namespace}: what is kept under this key is ${what}`);
}

function unavailable(detail: string): CombotError {
  return new CombotError("CACHE_UNAVAILABLE", detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
