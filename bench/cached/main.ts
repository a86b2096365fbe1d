import { totalOf, TURN_SECONDS } from "../asked.ts";
import type { Answers } from "../asked.ts";
import type { Benchmark, BenchOptions, Measured } from "../benchmark.ts";
import { verdictOf } from "../serve/result.ts";
import { getsPerSecond } from "./redis.ts";
import { CachedRuns, TURNS } from "./runs.ts";
import type { Source } from "./runs.ts";

/** A tier is measured where it gave this share of the answers. */
const ENOUGH = 0.9;
const TIERS = [
  { tier: "memory", atLeast: 0.75 },
  { tier: "redis", atLeast: 0.45 },
] as const;
const OPEN_SECONDS = 15;

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
  const [rounds, gets] = quick ? [1, 20_000] : [5, 200_000];
  const turns = quick ? { warmUp: 3, turns: 3 } : TURNS;
  const found: Record<Source, Answers>[] = [];
  const redisAlone: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`cached, round ${round} of ${rounds}`);
    found.push(await runs.inTurns(turns));
    redisAlone.push(await getsPerSecond(runs.redis.socketPath, gets));
  }
  const perSecond = (source: Source): number[] =>
    found.map((answers) => totalOf(answers[source]) / (turns.turns * TURN_SECONDS));
  const over = (source: Source): number[] => found.map((answers) => totalOf(answers[source]) / totalOf(answers.bare));
  const shareOf = (tier: "memory" | "redis"): number =>
    Math.min(...found.map((answers) => answers[tier][tier] / totalOf(answers[tier])));
  const known = TIERS.filter(({ tier }) => shareOf(tier) >= ENOUGH);
  const rate = Math.round(Math.min(...perSecond("memory")) / 2);
  say(`cached, open loop at ${rate}/s`);
  const { latencyMs } = await runs.openLoop("memory", rate, quick ? 3 : OPEN_SECONDS);
  return {
    verdicts: [
      verdictOf("requests/s, Fastify that only answers", perSecond("bare")),
      verdictOf("GETs/s, Redis alone (redis-benchmark, 50 clients)", redisAlone),
      ...known.flatMap(({ tier, atLeast }) => [
        verdictOf(`requests/s, all from ${tier}`, perSecond(tier)),
        verdictOf(`requests/s from ${tier} over Fastify that only answers`, over(tier), { atLeast }),
      ]),
      verdictOf(`p50 ms from memory, open loop at ${rate}/s`, [latencyMs.memory.p50 ?? NaN], { atMost: 1 }),
      verdictOf(`p99 ms from memory, open loop at ${rate}/s`, [latencyMs.memory.p99 ?? NaN]),
    ],
    notes: [
      "The servers take turns of a fifth of a second, 50 clients each; the clients share the machine with them.",
      ...TIERS.filter((one) => !known.includes(one)).map(
        ({ tier }) => `Not measured: ${tier} gave ${(shareOf(tier) * 100).toFixed(0)}% of the answers only.`,
      ),
    ],
  };
}
