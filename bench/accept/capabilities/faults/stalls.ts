import { setTimeout as delay } from "node:timers/promises";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { Callers } from "../../../fuzz/callers.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { takeTurns } from "./turns.ts";
import type { Turns } from "./turns.ts";

const LONGEST_MS = 100;
const LOOK_MS = 500;

/** The longest of each, and the sessions that were under way in turns that were too long. */
export interface Stalls extends Turns {
  readonly during: readonly string[];
}

/** Watches the turns of the event loop until all callers are done. */
export async function longestStalls(
  daemon: PrivateDaemon,
  callers: Callers,
  tell: (longest: Turns) => void,
): Promise<Stalls> {
  let isDone = false;
  const done = callers.done.finally(() => (isDone = true));
  const died = daemon.ended.then(({ code, signal }): never => {
    throw new Error(`the daemon ended with ${signal ?? code}`);
  });
  // Told below.
  for (const failing of [done, died]) failing.catch(() => undefined);
  const during: string[] = [];
  let longest: Turns = { wallMs: 0, ownMs: 0, cpuMs: 0, gcMs: 0 };
  await takeTurns(daemon);
  let from = callers.indices;
  while (!isDone) {
    await delay(LOOK_MS);
    const turns = await Promise.race([takeTurns(daemon), died]);
    const to = callers.indices;
    if (turns.ownMs > LONGEST_MS) during.push(`${round(turns.ownMs, 0)} ms: ${sessionsOf(from, to)}`);
    const { ownMs, cpuMs } = turns.ownMs > longest.ownMs ? turns : longest;
    const [wallMs, gcMs] = [Math.max(longest.wallMs, turns.wallMs), Math.max(longest.gcMs, turns.gcMs)];
    longest = { wallMs, ownMs, cpuMs, gcMs };
    tell(longest);
    // Reports come every quarter of a second: what was begun before the last one counts too.
    from = to;
  }
  await done;
  return { ...longest, during };
}

function sessionsOf(from: readonly number[], to: readonly number[]): string {
  return from.map((first, caller) => `caller ${caller} from ${first} to ${to[caller]! + LOOK_MS}`).join(", ");
}

export function stallLine({ wallMs, ownMs, cpuMs, gcMs, during }: Stalls): Line {
  for (const told of during) process.stderr.write(`a turn of ${told}\n`);
  return {
    what: "the longest turn of the daemon's event loop, ms, without the time that others had the processor",
    measured: `${round(ownMs, 1)}, ${round(cpuMs, 1)} of them CPU; with it ${round(wallMs, 1)}; collector at most ${round(gcMs, 1)}`,
    target: `at most ${LONGEST_MS}`,
    pass: ownMs <= LONGEST_MS,
  };
}
