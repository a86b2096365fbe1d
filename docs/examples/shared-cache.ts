/**
 * Products and sessions of combot's shared cache, from any backend. Needs ioredis: npm install ioredis
 *
 *     node shared-cache.ts /run/combot-redis/redis.sock put session 42 '{"step": 3}'
 *     node shared-cache.ts /run/combot-redis/redis.sock get session 42
 */
import { Redis } from "ioredis";

type Namespace = "product" | "session";

/** A product is kept for an hour; a session until 30 minutes after it was last written or asked for. */
const TTL_SECONDS = { product: 3600, session: 1800 } as const;

export class SharedCache {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async put(namespace: Namespace, key: string, value: unknown): Promise<void> {
    await this.#redis.set(nameOf(namespace, key), JSON.stringify(value), "EX", TTL_SECONDS[namespace]);
  }

  /** `undefined` where there is none. */
  async get(namespace: Namespace, key: string): Promise<unknown> {
    const name = nameOf(namespace, key);
    const slides = namespace === "session";
    const value = slides ? await this.#redis.getex(name, "EX", TTL_SECONDS.session) : await this.#redis.get(name);
    return value === null ? undefined : JSON.parse(value);
  }

  async delete(namespace: Namespace, key: string): Promise<boolean> {
    return (await this.#redis.unlink(nameOf(namespace, key))) > 0;
  }
}

function nameOf(namespace: Namespace, key: string): string {
  return `combot:${namespace}:${key}`;
}

if (import.meta.main) {
  const [url = "", command, namespace = "session", key = "", json = "null"] = process.argv.slice(2);
  const redis = new Redis(url);
  const cache = new SharedCache(redis);
  if (command === "put") await cache.put(namespace as Namespace, key, JSON.parse(json));
  else if (command === "delete") console.log(await cache.delete(namespace as Namespace, key));
  else console.log(JSON.stringify((await cache.get(namespace as Namespace, key)) ?? null));
  redis.disconnect();
}
