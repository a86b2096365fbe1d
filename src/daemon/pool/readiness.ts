import { setTimeout as delay } from "node:timers/promises";
import { CombotError, messageOf } from "../../lib/errors.ts";
import { faultOf } from "./nursery.ts";
import type { Nursery } from "./nursery.ts";
import type { Slot } from "./slot.ts";

const LOOK_EVERY_MS = 25;

/**
 * Resolves when the slot's worker serves; one that waits for another load to be over, or for room, is waited for.
 *
 * @param why it has none. @throws {CombotError} `NO_PROCESS` where the model is not at fault, else `MODEL_UNAVAILABLE`.
 */
export async function whenServing(
  slot: Slot,
  nursery: Pick<Nursery, "lastFailure" | "awaitsRoom">,
  why: () => string | undefined,
): Promise<void> {
  while (slot.wanted && !slot.current && nursery.awaitsRoom !== undefined) await delay(LOOK_EVERY_MS);
  const worker = slot.current;
  try {
    if (!worker) throw new Error(why() ?? "it is waiting for its next try");
    await worker.ready;
  } catch (error) {
    const ending = await worker?.ended;
    // It was the file's fault, and the slot has a worker with another one by now.
    if (worker?.isReplaceable && slot.current && slot.current !== worker) return whenServing(slot, nursery, why);
    if (worker?.isPostponed && slot.wanted) return whenServing(slot, nursery, why);
    const fault = ending ? faultOf(ending) : nursery.lastFailure?.fault;
    const code = fault === "machine" || fault === "others" ? "NO_PROCESS" : "MODEL_UNAVAILABLE";
    throw new CombotError(code, `slot ${slot.index}: ${messageOf(error)}`);
  }
}
