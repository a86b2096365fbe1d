import type { LoadSummary } from "../../../../src/lib/perf/summary.ts";
import { CachedRuns } from "../../../cached/runs.ts";
import type { Source } from "../../../cached/runs.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";

const ROUNDS = 3;
const SECONDS = 6;
const OPEN_SECONDS = 15;
const TIERS = [
  { tier: "memory", atLeast: 0.7 },
  { tier: "redis", atLeast: 0.4 },
] as const;

/** Cached answers at 50 clients, beside a Fastify route that returns a fixed JSON of the same size, turn about. */
export async function* speed(say: (progress: string) => void): AsyncGenerator<Line> {
  const runs = await CachedRuns.start(new AbortController().signal);
  try {
    const found: Record<Source, LoadSummary[]> = { bare: [], memory: [], redis: [] };
    for (let turn = 1; turn <= ROUNDS; turn++) {
      for (const source of ["bare", "memory", "redis"] as const) {
        say(`round ${turn} of ${ROUNDS}: ${source}`);
        found[source].push(await runs.run(source, { seconds: SECONDS }));
      }
    }
    const perSecond = (source: Source): number => median(found[source].map(({ requests }) => requests.perSecond));
    yield record("requests/s, Fastify that only answers", round(perSecond("bare"), 0));
    for (const { tier, atLeast } of TIERS) {
      yield record(`requests/s, answers from ${tier}`, round(perSecond(tier), 0));
      yield fromTier(tier, found[tier]);
      const ratios = found[tier].map(({ requests }, turn) => requests.perSecond / found.bare[turn]!.requests.perSecond);
      const ratio = median(ratios);
      yield {
        what: `requests/s from ${tier} over Fastify that only answers, median of ${ROUNDS}`,
        measured: round(ratio, 3),
        target: `at least ${atLeast}`,
        pass: ratio >= atLeast,
      };
    }
    yield busiest(Object.values(found).flat());
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
  const { latencyMs, requests } = await runs.run(tier, {
    seconds: OPEN_SECONDS,
    open: { ratePerSecond, arrivals: "poisson" },
  });
  const at = `open loop at half of that rate, from ${tier}`;
  const p50 = latencyMs[tier].p50 ?? NaN;
  yield {
    what: `p50 ms, ${at}`,
    measured: p50,
    target: tier === "memory" ? "under 1" : "for the record",
    pass: tier !== "memory" || p50 < 1,
  };
  yield record(`p99 ms, ${at}`, latencyMs[tier].p99 ?? NaN);
  yield {
    what: `requests failed, ${at}`,
    measured: requests.failed,
    target: "0",
    pass: requests.failed === 0,
  };
}

/** What was measured is the tier only where it gave the answers. */
function fromTier(tier: "memory" | "redis", summaries: readonly LoadSummary[]): Line {
  const share = Math.min(...summaries.map(({ latencyMs }) => latencyMs[tier].count / latencyMs.all.count));
  return {
    what: `share of them from ${tier}`,
    measured: round(share, 4),
    target: "at least 0.98",
    pass: share >= 0.98,
  };
}

/** A generator that has no time left makes every server look alike. */
function busiest(summaries: readonly LoadSummary[]): Line {
  const busy = Math.max(...summaries.map(({ generator }) => generator.utilisation));
  return record("share of the time in which the generator's thread was busy, at most", round(busy));
}

function record(what: string, measured: number): Line {
  return { what, measured, target: "for the record", pass: true };
}
