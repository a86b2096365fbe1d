import { setTimeout as delay } from "node:timers/promises";
import { PrivatePostgres } from "../../../scripts/support/private-postgres.ts";
import type { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { RedisServer } from "../redis-server.ts";
import type { Stage, Trouble } from "./play.ts";

export function classify(daemon: PrivateDaemon, body: unknown): Promise<number> {
  return daemon.ask("POST", "/api/classify/", body).then(({ status }) => status);
}

export function texts(count: number, kind: string): string[] {
  return Array.from({ length: count }, (_, index) => `${kind} ${index}`);
}

export async function redisDown(): Promise<Trouble> {
  const redis = await RedisServer.start({ port: 0 });
  return {
    alerts: ["redis-down"],
    env: { REDIS_URL: redis.unixUrl },
    cause: () => redis.kill(),
    mend: () => redis.run(),
    end: () => redis.end(),
  };
}

export async function databaseDown(): Promise<Trouble> {
  const postgres = await PrivatePostgres.start();
  return {
    alerts: ["database-down"],
    env: { DATABASE_URL: postgres.url() },
    cause: () => postgres.end("SIGKILL"),
    mend: () => postgres.run(),
    end: () => postgres.remove(),
  };
}

/** A queue of one call, and many calls at once. */
export async function errors(): Promise<Trouble> {
  const flood = async ({ daemon, isOver }: Stage): Promise<void> => {
    while (!isOver())
      await Promise.all(texts(20, "flood").map(() => classify(daemon, { texts: texts(64, "x"), noCache: true })));
  };
  const calm = async ({ daemon, isOver }: Stage): Promise<void> => {
    while (!isOver()) await Promise.all(texts(20, "calm").map((text) => classify(daemon, { text })));
  };
  return { alerts: ["errors"], env: { QUEUE_MAX_TEXTS: "64" }, cause: flood, mend: calm };
}

/** Ever new texts; then always the same. */
export async function coldCache(): Promise<Trouble> {
  let round = 0;
  return {
    alerts: ["cache-hit-rate"],
    env: { ALERT_CACHE_WINDOW: "5" },
    cause: async ({ daemon, isOver }) => {
      while (!isOver()) await classify(daemon, { texts: texts(128, `new ${round++}`) });
    },
    mend: async ({ daemon, isOver }) => {
      while (!isOver()) await classify(daemon, { texts: texts(64, "old") });
    },
  };
}

/** The same texts, always a moment too late; then nobody asks any more. */
export async function expiredKeys(): Promise<Trouble> {
  return {
    alerts: ["cache-expired"],
    env: { ALERT_CACHE_WINDOW: "5", CACHE_TTL: "1" },
    cause: async ({ daemon, isOver }) => {
      for (; !isOver(); await delay(1100)) await classify(daemon, { texts: texts(100, "late") });
    },
    mend: async () => undefined,
  };
}

/** Others fill Redis until it drops keys, and then stop. */
export async function fullRedis(): Promise<Trouble> {
  const redis = await RedisServer.start({ port: 0, args: ["--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru"] });
  let key = 0;
  return {
    alerts: ["redis-full"],
    env: { REDIS_URL: redis.unixUrl, ALERT_CACHE_WINDOW: "5" },
    cause: ({ isOver }) =>
      redis.ask(async (client) => {
        for (; !isOver(); await delay(50)) await client.set(`of-others-${key++}`, "x".repeat(100_000));
      }),
    mend: async () => undefined,
    end: () => redis.end(),
  };
}
