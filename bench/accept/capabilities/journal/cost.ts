import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { Line } from "../../record.ts";
import { median, quantile, round } from "../../statistics.ts";
import { perfTest } from "../perf/command.ts";

const PAIRS = 10;
const SECONDS = 2;
const LEAST = 0.95;
const KINDS = {
  cached: [],
  uncached: ["--unique"],
} as const;

/** Throughput with the journal over that without: three daemons take turns, two of them without, for the A/A spread. */
export async function* cost(kind: keyof typeof KINDS, say: (progress: string) => void): AsyncGenerator<Line> {
  const start = (database: string) =>
    PrivateDaemon.start({
      env: { LOG_LEVEL: "error", MAX_REQUESTS: "0", MAX_USERS_PER_PROCESS: "0", DATABASE_URL: database },
    });
  const daemons = { on: await start("sqlite:journal.db"), off: await start("off"), again: await start("off") };
  try {
    const rate = async (daemon: PrivateDaemon, warmUp = "0.5s"): Promise<number> => {
      const args = ["-d", `${SECONDS}s`, "--warm-up", warmUp, ...KINDS[kind], "--socket", daemon.socketPath];
      return (await perfTest(...args)).requests.perSecond;
    };
    for (const daemon of Object.values(daemons)) await rate(daemon, "3s");
    const [ratios, controls]: [number[], number[]] = [[], []];
    for (let pair = 1; pair <= PAIRS; pair++) {
      say(`${kind}: pair ${pair} of ${PAIRS}`);
      // Whoever comes first in one pair comes last in the next.
      const order = pair % 2 === 0 ? (["on", "off", "again"] as const) : (["again", "off", "on"] as const);
      const rates: Partial<Record<keyof typeof daemons, number>> = {};
      for (const name of order) rates[name] = await rate(daemons[name]);
      ratios.push((rates.on ?? NaN) / (rates.off ?? NaN));
      controls.push((rates.again ?? NaN) / (rates.off ?? NaN));
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
  } finally {
    for (const daemon of Object.values(daemons)) await daemon.stop("SIGKILL");
  }
}
