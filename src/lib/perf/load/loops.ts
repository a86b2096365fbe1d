import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../random.ts";
import { arrivalTimesMs, profileTimesMs } from "./arrivals.ts";
import type { Arrivals, RatePiece } from "./arrivals.ts";
import type { Caller, Outcome } from "./caller.ts";
import type { Pacer } from "./pacer.ts";
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

export interface OpenLoopOptions {
  readonly ratePerSecond: number;
  readonly arrivals: Arrivals;
  /** Rates over time, after which the loop is over, in the place of the one. */
  readonly profile?: readonly RatePiece[];
  readonly random: Random;
  readonly pacer: Pacer;
}

/**
 * Requests begin when they are to, whatever became of those before them, and their latency counts from that moment: a
 * server that stalls is charged with everybody it kept waiting. Resolves when all that began have ended.
 */
export async function openLoop(
  { ratePerSecond, arrivals, profile, random, pacer }: OpenLoopOptions,
  parts: LoopParts,
): Promise<void> {
  const { caller, recorder, question, now, isOver } = parts;
  const fromMs = now();
  const ended = Promise.withResolvers<void>();
  // Counted, not held: a set that promises come into and leave by the thousand keeps their memory (docs/performance.md).
  let inFlight = 0;
  let isLast = false;
  const ask = async (intendedMs: number): Promise<void> => {
    recorder.began(intendedMs, now());
    inFlight += 1;
    const outcome = await caller.ask(question());
    recorder.ended(intendedMs, now(), outcome);
    inFlight -= 1;
    if (isLast && inFlight === 0) ended.resolve();
  };
  const times = profile ? profileTimesMs(arrivals, profile, random) : arrivalTimesMs(arrivals, ratePerSecond, random);
  for (const atMs of times) {
    const intendedMs = fromMs + atMs;
    while (now() < intendedMs && !isOver()) await pacer.wait(Math.max(0, intendedMs - now()));
    if (isOver()) break;
    void ask(intendedMs);
  }
  isLast = true;
  if (inFlight > 0) await ended.promise;
}

function isBroken(outcome: Outcome): boolean {
  return "code" in outcome && CONNECTION_CODES.has(outcome.code);
}
