import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { LAUNCHER, PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { RedisServer } from "../../../../test/support/redis-server.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";

const KEYS = 200_000;
const AT_ONCE = 10_000;
const SLOW_MICROSECONDS = 25_000;

/** `combot cleanup --redis` on a Redis that is shared with somebody who has as many keys. */
export async function* sweep(say: (progress: string) => void): AsyncGenerator<Line> {
  const server = await RedisServer.start({ port: 0 });
  const redis = new Redis({ path: server.socketPath });
  const daemon = await PrivateDaemon.start({
    env: { LOG_LEVEL: "error", REDIS_URL: server.unixUrl },
  });
  try {
    for (const kind of ["combot:ml:0123456789ab:", "somebody:else:"]) {
      for (let from = 0; from < KEYS; from += AT_ONCE) {
        const pipeline = redis.pipeline();
        for (let at = from; at < from + AT_ONCE; at++) pipeline.set(`${kind}${at}`, "x".repeat(80), "EX", 7200);
        await pipeline.exec();
        say(`${kind}* ${from + AT_ONCE} of ${KEYS}`);
      }
    }
    await redis.config("SET", "slowlog-log-slower-than", String(SLOW_MICROSECONDS));
    await redis.slowlog("RESET");
    const from = performance.now();
    const args = [LAUNCHER, "cleanup", "--level", "soft", "--redis", "--yes", "--socket", daemon.socketPath];
    await promisify(execFile)(process.execPath, args);
    const tookSeconds = (performance.now() - from) / 1000;
    const slow = Number(await redis.slowlog("LEN"));
    const ours = await count(redis, "combot:*");
    const theirs = await count(redis, "somebody:*");
    yield { what: `keys of combot's left of ${KEYS}`, measured: ours, target: "0", pass: ours === 0 };
    yield { what: "foreign keys left", measured: theirs, target: String(KEYS), pass: theirs === KEYS };
    yield { what: "commands over 25 ms in SLOWLOG", measured: slow, target: "0", pass: slow === 0 };
    yield { what: "seconds it took", measured: round(tookSeconds, 1), target: "for the record", pass: true };
  } finally {
    redis.disconnect();
    await daemon.stop();
    await server.end();
  }
}

async function count(redis: Redis, pattern: string): Promise<number> {
  let found = 0;
  for await (const keys of redis.scanStream({ match: pattern, count: 1000 })) found += (keys as string[]).length;
  return found;
}
