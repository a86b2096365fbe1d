import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seedOf } from "../../../fuzz/random.ts";
import type { Line } from "../../record.ts";
import { round as rounded } from "../../statistics.ts";
import { Answers } from "./campaign/answers.ts";
import { round, usualNames } from "./campaign/round.ts";
import type { RoundOutcome } from "./campaign/round.ts";
import { Tally } from "./campaign/tally.ts";

const MINUTES = Number(process.env["CAMPAIGN_MINUTES"] ?? 30);
const FULL_MINUTES = 30;
const ROUND_MINUTES = 3;
/** In the full length. */
const WORKER_KILLS = 5000;
const DAEMON_KILLS = 200;
/** Times as many rounds, until those are reached. */
const LONGEST = 2;
const SAY_MS = 10_000;

/**
 * Worker kills, daemon kills, failing forks, full disks, clocks that jump, and servers that fail over, all at once under
 * 50 clients. CAMPAIGN_MINUTES shortens it, CAMPAIGN_SEED does the same again as far as timing lets it. Needs root.
 */
export async function* campaign(say: (progress: string) => void): AsyncGenerator<Line> {
  const seed = Number(process.env["CAMPAIGN_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  say(`seed ${seed}`);
  const folder = mkdtempSync(join(tmpdir(), "ca-"));
  const tally = new Tally();
  const outcomes: RoundOutcome[] = [];
  let minutes = 0;
  try {
    const answers = Answers.make(folder);
    const usual = await usualNames(answers, new Tally());
    const rounds = Math.max(2, Math.round(MINUTES / ROUND_MINUTES));
    // Where a worker takes half a second of two processors to start, half an hour does not hold so many kills.
    for (let at = 0; at < rounds || (at < LONGEST * rounds && !isEnough(tally)); at++) {
      const journal = at % 2 === 0 ? "sqlite" : "postgres";
      const timer = setInterval(() => say(progressOf(at + 1, rounds, tally)), SAY_MS);
      const durationMs = (MINUTES * 60_000) / rounds;
      minutes += MINUTES / rounds;
      const options = { seed: seedOf(seed, at), durationMs, journal, answers, tally, usual } as const;
      const outcome = await round(options).finally(() => clearInterval(timer));
      outcomes.push(outcome);
      for (const what of outcome.wrong.slice(0, 20)) process.stderr.write(`${what}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  yield* countLines(seed, tally, minutes);
  yield* verdicts(outcomes, tally);
}

function progressOf(at: number, rounds: number, tally: Tally): string {
  const [workers, daemons] = killsOf(tally);
  return `round ${at} of ${rounds}: ${workers} workers and ${daemons} daemons killed, ${tally.sum("answered: ")} answers, ${tally.of("wrong answers")} wrong; ${tally.told("spells: ")}`;
}

function killsOf(tally: Tally): readonly [workers: number, daemons: number] {
  return [tally.sum("worker kills: "), tally.sum("daemon killed during ")];
}

function least(count: number): number {
  return Math.round((count * MINUTES) / FULL_MINUTES);
}

function isEnough(tally: Tally): boolean {
  const [workers, daemons] = killsOf(tally);
  return workers >= least(WORKER_KILLS) && daemons >= least(DAEMON_KILLS);
}

function* countLines(seed: number, tally: Tally, minutes: number): Generator<Line> {
  const [workers, daemons] = killsOf(tally);
  yield {
    what: `minutes under troubles, of seed ${seed}`,
    measured: rounded(minutes, 1),
    target: `at least ${FULL_MINUTES}`,
    pass: minutes >= FULL_MINUTES,
  };
  yield {
    what: `workers killed (${tally.told("worker kills: ")})`,
    measured: workers,
    target: `at least ${least(WORKER_KILLS)}`,
    pass: workers >= least(WORKER_KILLS),
  };
  const oom = tally.of("killed by the kernel for want of memory");
  yield { what: "of these ended by the kernel for want of memory", measured: oom, target: "above 0", pass: oom > 0 };
  for (const by of ["worker killed while ", "worker killed during "]) {
    yield { what: `${by.trim()}: how many`, measured: tally.told(by), target: "for the record", pass: true };
  }
  yield {
    what: `daemons killed (${tally.told("daemon killed during ")})`,
    measured: daemons,
    target: `at least ${least(DAEMON_KILLS)}`,
    pass: daemons >= least(DAEMON_KILLS),
  };
  for (const what of ["starts that failed while no thread could be made", "starts that hung in Node's own start"]) {
    yield { what, measured: tally.of(what), target: "for the record", pass: true };
  }
  for (const kind of ["spells: ", "answered: ", "refused: ", "unanswered: ", "model use: ", "backup: ", "restore: "]) {
    yield { what: `${kind.slice(0, -2)}, by kind`, measured: tally.told(kind), target: "for the record", pass: true };
  }
}

function* verdicts(outcomes: readonly RoundOutcome[], tally: Tally): Generator<Line> {
  const zero = (what: string, found: readonly string[]): Line => {
    for (const one of new Set(found)) process.stderr.write(`${what}: ${one}\n`);
    return { what, measured: found.length, target: "0", pass: found.length === 0 };
  };
  const wrong = tally.of("wrong answers");
  const answered = tally.sum("answered: ");
  yield {
    what: `wrong answers of ${answered}, held against onnxruntime's by hand`,
    measured: wrong,
    target: "0",
    pass: wrong === 0 && answered > 0,
  };
  yield zero(
    "other faults: daemons that did not come back, answers that did not come afterwards, stops that failed",
    outcomes.flatMap((one) => one.wrong.filter((what) => !what.startsWith("a wrong answer"))),
  );
  const lost = outcomes.reduce((sum, one) => sum + one.lost, 0);
  yield {
    what: `events lost of ${tally.of("decisions held against the journal")} beside those dropped and counted (${tally.of("events dropped and counted")})`,
    measured: lost,
    target: "0",
    pass: lost === 0 && tally.of("decisions held against the journal") > 0,
  };
  yield zero(
    "states that had not healed a minute after the troubles",
    outcomes.flatMap((one) => one.notHealed),
  );
  const longest = Math.max(...outcomes.map((one) => one.healedMs));
  yield {
    what: "longest healing of a round, s",
    measured: rounded(longest / 1000, 1),
    target: "under 60",
    pass: longest < 60_000,
  };
  yield zero(
    "daemons that ended without being told to",
    outcomes.flatMap((one) => one.unasked),
  );
  yield zero(
    "processes, sockets, locks and files left",
    outcomes.flatMap((one) => one.left),
  );
}
