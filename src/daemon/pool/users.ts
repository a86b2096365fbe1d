import { chooseCreditor } from "../policy/credit.ts";
import type { Slot } from "./slot.ts";

/** Keyed hashes of those whom the workers that run have answered. */
export function usersOf(slots: readonly Slot[]): Set<string> {
  return new Set(slots.flatMap(({ workers }) => [...workers].flatMap((worker) => [...worker.users])));
}

/** Counts a user who was given an answer that no worker computed for it. */
export function creditUser(slots: readonly Slot[], user: string): void {
  const creditors = slots.flatMap(({ current }) => (current ? [current.creditorFor(user)] : []));
  const slot = chooseCreditor(creditors);
  if (slot !== undefined) slots[slot]?.current?.countUser(user);
}
