import { readdirSync, readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

const TASKS = "/proc/self/task";
/** As libuv names its threads. */
const NAME = "libuv-worker";
/** A thirtieth of the event loop's share of a core that both want. */
const STEPS_DOWN = 15;
const LOWEST = 19;

/**
 * Puts libuv's threads, on which the tokenizers library works, behind the event loop: on two cores four of them that
 * encode long texts keep it from a turn for tens of milliseconds. They exist from the first thing that they are given.
 */
export function yieldToEventLoop(): void {
  try {
    const priority = Math.min(getPriority(process.pid) + STEPS_DOWN, LOWEST);
    for (const thread of readdirSync(TASKS)) {
      if (readFileSync(`${TASKS}/${thread}/comm`, "utf8").trim() === NAME) setPriority(Number(thread), priority);
    }
  } catch {
    // No kernel that tells, or none that may be asked: they keep the priority that they have.
  }
}
