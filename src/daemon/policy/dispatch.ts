import { dueBy, usedOfLimits } from "./recycle.ts";
import type { WorkerView } from "./worker-view.ts";

/**
 * The idle worker that gets the next batch: the one nearest its limits, so that workers don't all come due together.
 * One that is due gets nothing while another serves; where it is the only one it goes on past its limit.
 *
 * @returns its slot, or undefined where nobody should take the batch now.
 */
export function chooseWorker(workers: readonly WorkerView[]): number | undefined {
  const fresh = workers.filter((worker) => worker.serving && dueBy(worker) === null);
  const candidates = fresh.length > 0 ? fresh : workers.filter((worker) => worker.serving);
  return candidates.filter((worker) => worker.idle).toSorted((a, b) => usedOfLimits(b) - usedOfLimits(a))[0]?.slot;
}
