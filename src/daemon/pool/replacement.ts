import { CombotError, messageOf } from "../../lib/errors.ts";
import type { Slot } from "./slot.ts";
import type { Worker } from "./worker.ts";

export interface Replacement {
  /** From the order to the replacement serving. */
  readonly tookMs: number;
  /** From the replacement's birth to its probe answered. */
  readonly birthMs: number;
}

interface Order {
  readonly slot: Slot;
  /** Work in flight on the old one gets this long. */
  readonly graceMs: number;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  readonly spawn: () => Worker;
  /** The new one serves, and the old one is about to go. */
  readonly onServing: () => void;
}

/** @param inTurn the old worker goes first, for a machine without room for both. */
export function replace(order: Order, inTurn: boolean): Promise<Replacement> {
  return inTurn ? replaceInTurn(order) : replaceFirst(order);
}

/** The new worker serves, then the old one drains: the slot is never without one. Resolves when the old one is gone. */
async function replaceFirst(order: Order): Promise<Replacement> {
  const { slot, graceMs, now, spawn, onServing } = order;
  const old = slot.current;
  const from = now();
  const next = spawn();
  slot.incoming = next;
  await whenServing(slot, next);
  // Where the old one died before, the new one has its place already.
  if (slot.incoming === next) slot.promote();
  const tookMs = now() - from;
  onServing();
  await old?.drain(graceMs);
  return { tookMs, birthMs: next.birthMs };
}

/**
 * The old worker drains and ends, then the new one starts. It takes the room of the old one, so that no reading has to
 * allow it.
 */
async function replaceInTurn(order: Order): Promise<Replacement> {
  const { slot, graceMs, now, spawn } = order;
  const from = now();
  await slot.current?.drain(graceMs);
  if (!slot.wanted) throw unloadedMeanwhile(slot);
  // Whoever saw the slot empty may have filled it.
  slot.current ??= spawn();
  const next = slot.current;
  await whenServing(slot, next);
  return { tookMs: now() - from, birthMs: next.birthMs };
}

async function whenServing(slot: Slot, worker: Worker): Promise<void> {
  try {
    await worker.ready;
  } catch (error) {
    await worker.ended;
    if (worker.state === "draining") throw unloadedMeanwhile(slot);
    throw new CombotError("MODEL_UNAVAILABLE", `the replacement did not come to serve: ${messageOf(error)}`);
  }
  if (!slot.wanted || worker.state === "draining") throw unloadedMeanwhile(slot);
}

/** Where it is wanted again, another worker than this one follows. */
function unloadedMeanwhile({ unloaded }: Slot): CombotError {
  return unloaded ?? new CombotError("MODEL_UNLOADED", "it was unloaded before it served, and is loaded again");
}
