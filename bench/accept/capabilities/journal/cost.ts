import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { bundledTexts } from "../../../../src/lib/perf/texts.ts";
import { Asked, takeTurns, totalOf } from "../../../asked.ts";
import type { Line } from "../../record.ts";
import { median, quantile, round } from "../../statistics.ts";

const PAIRS = 10;
/** Of two daemons that are the same, one can be a fifth faster for as long as it runs: each pair has its own. */
const WARM_UP_TURNS = 15;
const TURNS = 10;
const LEAST = 0.95;
const KINDS = {
  // As many as the in-memory tier has room for: none is computed twice.
  cached: { texts: bundledTexts().texts.slice(0, 100), isUnique: false },
  uncached: { texts: bundledTexts().texts, isUnique: true },
} as const;
type Counts = Record<"on" | "off" | "again", number>;

/** Throughput with the journal over that without: three daemons take turns, two of them without, for the A/A spread. */
export async function* cost(kind: keyof typeof KINDS, say: (progress: string) => void): AsyncGenerator<Line> {
  const [ratios, controls]: [number[], number[]] = [[], []];
  for (let pair = 1; pair <= PAIRS; pair++) {
    say(`${kind}: pair ${pair} of ${PAIRS}`);
    const { on, off, again } = await measured(kind);
    ratios.push(on / off);
    controls.push(again / off);
  }
  const spread = [0, 0.5, 1].map((share) => round(quantile(controls, share), 3)).join(", ");
  yield {
    what: `${kind}: A/A, two daemons without a journal: lowest, median, highest ratio of ${PAIRS} pairs`,
    measured: spread,
    target: "for the record",
    pass: true,
  };
  const ratio = round(median(ratios), 3);
  const all = ratios.map((one) => round(one, 3)).join(", ");
  yield {
    what: `${kind}: calls/s with the journal over those without, median of ${PAIRS} interleaved pairs (${all})`,
    measured: ratio,
    target: `at least ${LEAST}`,
    pass: ratio >= LEAST,
  };
}

/** Calls that were answered, in as much time for each. */
async function measured(kind: keyof typeof KINDS): Promise<Counts> {
  const start = (database: string): Promise<PrivateDaemon> => {
    const env = { LOG_LEVEL: "error", MAX_REQUESTS: "0", MAX_USERS_PER_PROCESS: "0", DATABASE_URL: database };
    return PrivateDaemon.start({ env });
  };
  const daemons = [await start("sqlite:journal.db"), await start("off"), await start("off")] as const;
  const [on, off, again] = daemons.map(({ socketPath }) => new Asked({ path: socketPath }, KINDS[kind]));
  const all = { on: on!, off: off!, again: again! };
  try {
    const answers = await takeTurns(all, { warmUp: WARM_UP_TURNS, turns: TURNS });
    return { on: totalOf(answers.on), off: totalOf(answers.off), again: totalOf(answers.again) };
  } finally {
    for (const one of Object.values(all)) one.close();
    for (const daemon of daemons) await daemon.stop("SIGKILL");
  }
}
