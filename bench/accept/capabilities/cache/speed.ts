import { totalOf, TURN_SECONDS } from "../../../asked.ts";
import type { Answers } from "../../../asked.ts";
import { CachedRuns, TURNS } from "../../../cached/runs.ts";
import type { Source } from "../../../cached/runs.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";

const ROUNDS = 5;
const OPEN_SECONDS = 15;
const TIERS = [
  { tier: "memory", atLeast: 0.7 },
  { tier: "redis", atLeast: 0.4 },
] as const;

/** Cached answers at 50 clients, beside a Fastify route that returns a fixed JSON of the same size, turn about. */
export async function* speed(say: (progress: string) => void): AsyncGenerator<Line> {
  const runs = await CachedRuns.start(new AbortController().signal);
  try {
    const rounds: Record<Source, Answers>[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      say(`round ${round} of ${ROUNDS}`);
      rounds.push(await runs.inTurns(TURNS));
    }
    const perSecond = (source: Source): number =>
      median(rounds.map((answers) => totalOf(answers[source]) / (TURNS.turns * TURN_SECONDS)));
    yield record("requests/s, Fastify that only answers", round(perSecond("bare"), 0));
    for (const { tier, atLeast } of TIERS) {
      yield record(`requests/s, answers from ${tier}`, round(perSecond(tier), 0));
      yield fromTier(
        tier,
        rounds.map((answers) => answers[tier]),
      );
      const ratios = rounds.map((answers) => totalOf(answers[tier]) / totalOf(answers.bare));
      const ratio = median(ratios);
      const all = ratios.map((one) => round(one, 3)).join(", ");
      yield {
        what: `requests/s from ${tier} over Fastify that only answers, median of ${ROUNDS} (${all})`,
        measured: round(ratio, 3),
        target: `at least ${atLeast}`,
        pass: ratio >= atLeast,
      };
    }
    for (const { tier } of TIERS) yield* openLoop(runs, tier, perSecond(tier) / 2, say);
  } finally {
    await runs.end();
  }
}

async function* openLoop(
  runs: CachedRuns,
  tier: "memory" | "redis",
  ratePerSecond: number,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  say(`open loop, ${round(ratePerSecond, 0)}/s from ${tier}`);
  const { latencyMs, requests, generator } = await runs.openLoop(tier, ratePerSecond, OPEN_SECONDS);
  const at = `open loop at half of that rate, from ${tier}`;
  const p50 = latencyMs[tier].p50 ?? NaN;
  yield {
    what: `p50 ms, ${at}`,
    measured: p50,
    target: tier === "memory" ? "under 1" : "for the record",
    pass: tier !== "memory" || p50 < 1,
  };
  yield record(`p99 ms, ${at}`, latencyMs[tier].p99 ?? NaN);
  yield record(`p99 of the generator's own lateness, ms, ${at}`, generator.latenessMs.p99 ?? NaN);
  yield {
    what: `requests failed, ${at}`,
    measured: requests.failed,
    target: "0",
    pass: requests.failed === 0,
  };
}

/** What was measured is the tier only where it gave the answers. */
function fromTier(tier: "memory" | "redis", rounds: readonly Answers[]): Line {
  const share = Math.min(...rounds.map((answers) => answers[tier] / totalOf(answers)));
  return {
    what: `share of them from ${tier}`,
    measured: round(share, 4),
    target: "at least 0.98",
    pass: share >= 0.98,
  };
}

function record(what: string, measured: number): Line {
  return { what, measured, target: "for the record", pass: true };
}
