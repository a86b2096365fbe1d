import type { LoadSummary } from "../../src/lib/perf/summary.ts";
import type { Benchmark, BenchOptions, Measured } from "../benchmark.ts";
import { verdictOf } from "../serve/result.ts";
import { getsPerSecond } from "./redis.ts";
import { CachedRuns } from "./runs.ts";
import type { Source } from "./runs.ts";

const SOURCES = ["bare", "memory", "redis"] as const satisfies readonly Source[];
/** A tier is measured where it gave this share of the answers. */
const ENOUGH = 0.9;

/** Answers out of the cache, beside a server that does nothing but answer. */
export const cached: Benchmark = {
  name: "cached",
  summary: "answers from memory and from Redis, beside a Fastify server that only answers, and Redis alone",
  run: async (options) => {
    const runs = await CachedRuns.start(options.signal);
    try {
      return await compare(options, runs);
    } finally {
      await runs.end();
    }
  },
};

async function compare({ quick, say }: BenchOptions, runs: CachedRuns): Promise<Measured> {
  const [rounds, seconds] = quick ? [1, 3] : [3, 6];
  const found: Record<Source, LoadSummary[]> = { bare: [], memory: [], redis: [] };
  const gets: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const name of SOURCES) {
      say(`cached, round ${round} of ${rounds}: ${name}`);
      found[name].push(await runs.run(name, { seconds }));
    }
    gets.push(await getsPerSecond(runs.redis.socketPath, quick ? 20_000 : 200_000));
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
