import { messageOf } from "../../errors.ts";
import { formatBytes } from "../../units.ts";
import { type Check, fail, type Finding, ok, warn } from "../check.ts";
import { REDIS } from "../../unit-names.ts";
import type { Probe } from "../probe.ts";
import { hangLimitMs } from "../../slowness.ts";

const SOCKET = "/run/combot-redis/redis.sock";
const PASSWORD = "/etc/combot/credentials/redis-ops-password";
const ASK_LIMIT_MS = hangLimitMs(2000);
/** The cache's own calls give up after 40 ms. */
const SLOW_MS = 25;

async function redis(probe: Probe): Promise<Finding> {
  if (!(await probe.unit(REDIS))) return ok("no managed Redis on this machine");
  const password = (await probe.read(PASSWORD))?.trim();
  if (password === undefined) return warn(`${PASSWORD} can't be read`, "sudo combot doctor");
  try {
    const { latencyMs, info } = await askRedis(password);
    return judgeRedis(latencyMs, (name) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "");
  } catch (error) {
    return fail(`it does not answer: ${messageOf(error)}`, `systemctl restart ${REDIS}`);
  }
}

async function askRedis(password: string): Promise<{ readonly latencyMs: number; readonly info: string }> {
  const { Redis } = await import("ioredis");
  const options = { username: "combot-ops", password, lazyConnect: true, retryStrategy: () => null };
  const client = new Redis(SOCKET, { ...options, connectTimeout: ASK_LIMIT_MS, commandTimeout: ASK_LIMIT_MS });
  // Told by the calls that fail.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const from = performance.now();
    await client.ping();
    const latencyMs = performance.now() - from;
    return { latencyMs, info: await client.info() };
  } finally {
    client.disconnect();
  }
}

/** @param field of what INFO says. */
export function judgeRedis(latencyMs: number, field: (name: string) => string): Finding {
  const used = `${formatBytes(Number(field("used_memory")))} of ${formatBytes(Number(field("maxmemory")))}`;
  // Valkey calls itself redis_version 7.2.4 for the sake of old clients.
  const version = field("valkey_version") ? `Valkey ${field("valkey_version")}` : `Redis ${field("redis_version")}`;
  const found = `${version}, PING ${latencyMs.toFixed(1)} ms, ${used}, ${field("maxmemory_policy")}`;
  if (field("maxmemory_policy") !== "allkeys-lru")
    return fail(`${found}: full, it would refuse writes`, "combot deploy --yes");
  if (field("aof_enabled") === "1") return warn(`${found}: it writes to disk`, "combot deploy --yes");
  return latencyMs > SLOW_MS ? warn(`${found}: slow`, `combot logs --redis -n 50`) : ok(found);
}

export const REDIS_CHECKS: readonly Check[] = [
  {
    name: "redis",
    meaning:
      "Whether the managed Redis answers, how fast, its memory, its eviction and that it does not write to disk.",
    cause: "It is down or frozen, or its settings were changed while it ran.",
    run: redis,
  },
];
