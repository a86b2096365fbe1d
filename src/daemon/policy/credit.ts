import type { WorkerView } from "./worker-view.ts";

export interface Creditor extends Pick<WorkerView, "slot" | "serving" | "users" | "maxUsers"> {
  /** It has answered for this user before. */
  readonly knows: boolean;
}

/**
 * The worker that a cached answer's user counts for: one that knows the user already, else the one with the most users
 * still under its limit, so that the others stay far from theirs.
 *
 * @returns its slot, or undefined where the user counts for none.
 */
export function chooseCreditor(workers: readonly Creditor[]): number | undefined {
  const ready = workers.filter(({ serving }) => serving);
  const familiar = ready.find(({ knows }) => knows);
  if (familiar) return familiar.slot;
  const open = ready.filter(({ users, maxUsers }) => maxUsers === 0 || users < maxUsers);
  return open.toSorted((a, b) => b.users - a.users || a.slot - b.slot)[0]?.slot;
}
