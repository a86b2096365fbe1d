import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../random.ts";
import { arrivalTimesMs } from "./arrivals.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Caller, Outcome } from "./caller.ts";
import type { Recorder } from "./recorder.ts";

export interface LoopParts {
  readonly caller: Caller;
  readonly recorder: Recorder;
  readonly question: () => string;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** True: no further request is begun. */
  readonly isOver: () => boolean;
}

/** Nobody listens, or a connection broke: whoever asks again at once only keeps the machine busy. */
const PAUSE_MS = 100;
const CONNECTION_CODES = new Set(["ECONNREFUSED", "ENOENT", "EACCES", "CONNECTION_FAILED", "CONNECTION_LOST"]);
/** A timer may be late by so much: it has whole milliseconds, and is set to the next one. */
const TIMER_STEP_MS = 1.2;
/** Up to this rate the last millisecond is waited out turn by turn, which costs up to a tenth of a core. */
const MOST_EXACT_PER_SECOND = 50;

/** Each of `clients` asks again when it has its answer: the load adapts to the server. Resolves when all are through. */
export async function closedLoop(clients: number, parts: LoopParts): Promise<void> {
  const { caller, recorder, question, now, isOver } = parts;
  const client = async (): Promise<void> => {
    while (!isOver()) {
      const beganMs = now();
      recorder.began(beganMs, beganMs);
      const outcome = await caller.ask(question());
      recorder.ended(beganMs, now(), outcome);
      if (isBroken(outcome)) await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/**
 * Requests begin when they are to, whatever became of those before them, and their latency counts from that moment: a
 * server that stalls is charged with everybody it kept waiting. Resolves when all that began have ended.
 */
export async function openLoop(
  { ratePerSecond, arrivals, random }: { ratePerSecond: number; arrivals: Arrivals; random: Random },
  parts: LoopParts,
): Promise<void> {
  const { caller, recorder, question, now, isOver } = parts;
  const fromMs = now();
  const running = new Set<Promise<void>>();
  const isExact = ratePerSecond <= MOST_EXACT_PER_SECOND;
  const wait = async (ms: number): Promise<void> => {
    if (!isExact) await sleep(Math.max(0, ms));
    else if (ms > TIMER_STEP_MS) await sleep(ms - TIMER_STEP_MS);
    else await nextTurn();
  };
  const ask = async (intendedMs: number): Promise<void> => {
    recorder.began(intendedMs, now());
    const outcome = await caller.ask(question());
    recorder.ended(intendedMs, now(), outcome);
  };
  for (const atMs of arrivalTimesMs(arrivals, ratePerSecond, random)) {
    const intendedMs = fromMs + atMs;
    while (now() < intendedMs && !isOver()) await wait(intendedMs - now());
    if (isOver()) break;
    const one = ask(intendedMs).finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
}

function isBroken(outcome: Outcome): boolean {
  return "code" in outcome && CONNECTION_CODES.has(outcome.code);
}
