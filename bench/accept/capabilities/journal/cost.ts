import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { Caller } from "../../../../src/lib/perf/load/caller.ts";
import { ConnectionPool } from "../../../../src/lib/perf/load/connection-pool.ts";
import { questions } from "../../../../src/lib/perf/load/questions.ts";
import { bundledTexts } from "../../../../src/lib/perf/texts.ts";
import { createRandom } from "../../../../src/lib/random.ts";
import type { Line } from "../../record.ts";
import { median, quantile, round } from "../../statistics.ts";

const PAIRS = 10;
/**
 * What this machine can do changes by a third from one second to the next: the daemons take turns faster than that. And
 * of two that are the same, one can be a fifth faster for as long as it runs: each pair has daemons of its own.
 */
const TURN_MS = 200;
const WARM_UP_TURNS = 15;
const TURNS = 10;
const CLIENTS = 50;
const TIMEOUT_MS = 30_000;
const LEAST = 0.95;
const KINDS = {
  // As many as the in-memory tier has room for: none is computed twice.
  cached: { texts: bundledTexts().texts.slice(0, 100), isUnique: false },
  uncached: { texts: bundledTexts().texts, isUnique: true },
} as const;
const NAMES = ["on", "off", "again"] as const;

type Counts = Record<(typeof NAMES)[number], number>;

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
  const start = async (database: string): Promise<Asked> => {
    const env = { LOG_LEVEL: "error", MAX_REQUESTS: "0", MAX_USERS_PER_PROCESS: "0", DATABASE_URL: database };
    return new Asked(await PrivateDaemon.start({ env }), kind);
  };
  const all = { on: await start("sqlite:journal.db"), off: await start("off"), again: await start("off") };
  const counts: Counts = { on: 0, off: 0, again: 0 };
  try {
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) for (const name of NAMES) await all[name].turn();
    for (let turn = 0; turn < TURNS; turn++) for (const name of NAMES) counts[name] += await all[name].turn();
    return counts;
  } finally {
    for (const one of Object.values(all)) await one.stop();
  }
}

/** Clients of one daemon, who all ask again as soon as they have their answer while it is their turn. */
class Asked {
  readonly #daemon: PrivateDaemon;
  readonly #caller: Caller;
  readonly #question: () => string;

  constructor(daemon: PrivateDaemon, kind: keyof typeof KINDS) {
    this.#daemon = daemon;
    const now = (): number => performance.now();
    const pool = new ConnectionPool({ address: { path: daemon.socketPath }, maxConnections: CLIENTS, now });
    this.#caller = new Caller(pool, "/api/classify/", "", TIMEOUT_MS, now);
    this.#question = questions({ ...KINDS[kind], users: 0, random: createRandom(1) });
  }

  /** @returns answers that came in time; the last ones are waited for, so that the next turn has the machine to itself. */
  async turn(): Promise<number> {
    const until = performance.now() + TURN_MS;
    let answered = 0;
    const client = async (): Promise<void> => {
      while (performance.now() < until) {
        const outcome = await this.#caller.ask(this.#question());
        if ("code" in outcome) throw new Error(`a call failed: ${outcome.code}`);
        if (performance.now() < until) answered++;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return answered;
  }

  async stop(): Promise<void> {
    this.#caller.close();
    await this.#daemon.stop("SIGKILL");
  }
}
