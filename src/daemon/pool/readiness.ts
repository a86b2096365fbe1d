import { setTimeout as delay } from "node:timers/promises";
import { CombotError, messageOf, reworded } from "../../lib/errors.ts";
import { faultOf } from "./nursery.ts";
import type { Nursery } from "./nursery.ts";
import type { Slot } from "./slot.ts";
import type { Worker } from "./worker.ts";

const LOOK_EVERY_MS = 25;

/**
 * Resolves when the slot's worker serves; one that waits for another load to be over, or for room, is waited for.
 *
 * @param why it has none. @throws {CombotError} `MODEL_UNLOADED` where somebody unloaded it meanwhile,
 *   `NO_PROCESS` where the model is not at fault either, else `MODEL_UNAVAILABLE`.
 */
export async function whenServing(
  slot: Slot,
  nursery: Pick<Nursery, "lastFailure" | "awaitsRoom">,
  why: () => string | undefined,
): Promise<void> {
  while (slot.wanted && !slot.current && nursery.awaitsRoom !== undefined) await delay(LOOK_EVERY_MS);
  if (slot.unloaded) throw reworded(slot.unloaded, `slot ${slot.index}: ${slot.unloaded.message}`);
  const worker = slot.current;
  if (worker && isGoing(worker)) {
    // Unloaded, and wanted again before it had gone: another one follows it.
    await worker.ended;
    return whenServing(slot, nursery, why);
  }
  try {
    if (!worker) throw new Error(why() ?? "it is waiting for its next try");
    await worker.ready;
  } catch (error) {
    const ending = await worker?.ended;
    if (worker && isGoing(worker)) return whenServing(slot, nursery, why);
    // It was the file's fault, and the slot has a worker with another one by now.
    if (worker?.isReplaceable && slot.current && slot.current !== worker) return whenServing(slot, nursery, why);
    const fault = ending ? faultOf(ending) : nursery.lastFailure?.fault;
    const code = fault === "machine" || fault === "others" ? "NO_PROCESS" : "MODEL_UNAVAILABLE";
    throw new CombotError(code, `slot ${slot.index}: ${messageOf(error)}`);
  }
}

/** Which may be said of one that served, and of one that was ended before it did. */
function isGoing({ state }: Worker): boolean {
  return state === "draining";
}
