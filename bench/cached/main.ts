import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PrivateDaemon } from "../../scripts/support/private-daemon.ts";
import type { LoadSummary } from "../../src/lib/perf/summary.ts";
import { bundledTexts } from "../../src/lib/perf/texts.ts";
import type { Benchmark, BenchOptions, Measured } from "../benchmark.ts";
import { runLoad } from "../generator.ts";
import { verdictOf } from "../serve/result.ts";
import { PrivateRedis } from "./redis.ts";

const BARE = fileURLToPath(new URL("bare-process.ts", import.meta.url));
/** Fewer than the in-memory tier holds. */
const FEW_TEXTS = 50;
/** A tier is measured where it gave this share of the answers. */
const ENOUGH = 0.9;
const OFF = { LOG_LEVEL: "error", MAX_REQUESTS: "0", MAX_USERS_PER_PROCESS: "0", PROCESS_RECYCLE_INTERVAL: "0" };

type Run = (seconds: number, signal: AbortSignal) => Promise<LoadSummary>;

/** Answers out of the cache, beside a server that does nothing but answer. */
export const cached: Benchmark = {
  name: "cached",
  summary: "answers from memory and from Redis, beside a Fastify server that only answers, and Redis alone",
  run: async (options) => {
    const folder = mkdtempSync(join(tmpdir(), "cb-"));
    let redis: PrivateRedis | undefined;
    try {
      redis = await PrivateRedis.start(folder);
      return await compare(options, folder, redis);
    } finally {
      redis?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function compare({ quick, say, signal }: BenchOptions, folder: string, redis: PrivateRedis): Promise<Measured> {
  const [rounds, seconds] = quick ? [1, 3] : [3, 6];
  const runs: Record<"bare" | "memory" | "redis", Run> = {
    bare: (seconds, signal) => runBare(join(folder, "bare.sock"), seconds, signal),
    memory: (seconds, signal) => runMemory(seconds, signal),
    redis: (seconds, signal) => runRedis(redis, seconds, signal),
  };
  const found: Record<keyof typeof runs, LoadSummary[]> = { bare: [], memory: [], redis: [] };
  const gets: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const name of Object.keys(runs) as (keyof typeof runs)[]) {
      say(`cached, round ${round} of ${rounds}: ${name}`);
      found[name].push(await runs[name](seconds, signal));
    }
    gets.push(await redis.getsPerSecond(quick ? 20_000 : 200_000));
  }
  const tiers = (["memory", "redis"] as const).map((tier) => ({ tier, target: tier === "memory" ? 0.75 : 0.45 }));
  const hitShare = (tier: "memory" | "redis"): number =>
    Math.min(...found[tier].map(({ latencyMs }) => latencyMs[tier].count / Math.max(1, latencyMs.all.count)));
  const perSecond = (summaries: readonly LoadSummary[]): number[] =>
    summaries.map(({ requests }) => requests.perSecond);
  const bare = perSecond(found.bare);
  const known = tiers.filter(({ tier }) => hitShare(tier) >= ENOUGH);
  return {
    verdicts: [
      verdictOf("requests/s, Fastify that only answers", bare),
      verdictOf("GETs/s, Redis alone (redis-benchmark, 50 clients)", gets),
      ...known.flatMap(({ tier, target }) => [
        verdictOf(`requests/s, all from ${tier}`, perSecond(found[tier])),
        verdictOf(
          `p99 ms, all from ${tier}`,
          found[tier].map(({ latencyMs }) => latencyMs[tier].p99 ?? NaN),
        ),
        verdictOf(
          `requests/s from ${tier} over Fastify that only answers`,
          perSecond(found[tier]).map((value, round) => value / bare[round]!),
          { atLeast: target },
        ),
      ]),
    ],
    notes: [
      ...tiers
        .filter(({ tier }) => hitShare(tier) < ENOUGH)
        .map(({ tier }) => `Not measured: ${tier} gave ${(hitShare(tier) * 100).toFixed(0)}% of the answers only.`),
      busiest(found),
    ],
  };
}

/** A generator that has no time left makes every server look alike. */
function busiest(found: Readonly<Record<string, readonly LoadSummary[]>>): string {
  const shares = Object.entries(found).map(([name, summaries]) => {
    return `${name} ${(100 * Math.max(...summaries.map(({ generator }) => generator.utilisation))).toFixed(0)}%`;
  });
  return `The load generator's thread was busy at most: ${shares.join(", ")}.`;
}

async function runBare(path: string, seconds: number, signal: AbortSignal): Promise<LoadSummary> {
  const child = fork(BARE, [path]);
  try {
    await once(child, "message");
    return await runLoad({ address: { path }, seconds }, signal);
  } finally {
    child.kill();
    await once(child, "exit");
    rmSync(path, { force: true });
  }
}

async function runMemory(seconds: number, signal: AbortSignal): Promise<LoadSummary> {
  const texts = bundledTexts().texts.slice(0, FEW_TEXTS);
  return withDaemon({}, (path) => runLoad({ address: { path }, seconds, texts }, signal));
}

/** One entry in memory: what is asked next is hardly ever it. Every text was asked once before. */
async function runRedis(redis: PrivateRedis, seconds: number, signal: AbortSignal): Promise<LoadSummary> {
  const env = { REDIS_URL: `unix://${redis.socketPath}`, MAX_CACHE_SIZE: "1" };
  return withDaemon(env, async (path, daemon) => {
    const { texts } = bundledTexts();
    for (let from = 0; from < texts.length; from += 200)
      await daemon.json("POST", "/api/classify/", { texts: texts.slice(from, from + 200) });
    return runLoad({ address: { path }, seconds }, signal);
  });
}

async function withDaemon<T>(
  env: Readonly<Record<string, string>>,
  use: (socketPath: string, daemon: PrivateDaemon) => Promise<T>,
): Promise<T> {
  const daemon = await PrivateDaemon.start({ env: { ...OFF, ...env } });
  try {
    return await use(daemon.socketPath, daemon);
  } finally {
    await daemon.stop();
  }
}
