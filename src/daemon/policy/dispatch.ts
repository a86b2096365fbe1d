import { dueBy, usedOfLimits } from "./recycle.ts";
import type { WorkerView } from "./worker-view.ts";

/**
 * Texts for each worker that wait before its next batch is chosen while it runs one. Those that are left then still
 * find company of their length, and nobody else would have answered the chosen ones earlier.
 */
const AHEAD_IF_WAITING = 8;

/**
 * How many batches a worker may have. Where many texts wait it gets the next one while it runs one, since it would stand
 * still between its answer and the next batch.
 */
export function mostBatches(waiting: number, workers: number): number {
  return waiting >= AHEAD_IF_WAITING * workers ? 2 : 1;
}

/**
 * The worker that gets the next batch: of those with fewest batches the one nearest its limits, so that workers don't
 * all come due together. One that is due gets nothing while another serves; where it is the only one it goes on past its
 * limit.
 *
 * @returns its slot, or undefined where nobody should take the batch now.
 */
export function chooseWorker(workers: readonly WorkerView[], most = 1): number | undefined {
  const fresh = workers.filter((worker) => worker.serving && dueBy(worker) === null);
  const candidates = fresh.length > 0 ? fresh : workers.filter((worker) => worker.serving);
  const takers = candidates.filter((worker) => worker.batches < most);
  return takers.toSorted((a, b) => a.batches - b.batches || usedOfLimits(b) - usedOfLimits(a))[0]?.slot;
}

/**
 * Whether one more of the unloaded workers is to be started.
 *
 * @param free workers that are wanted and not busy: each of them is going to take one of the texts.
 */
export function wantsOneMore(free: number, waiting: number): boolean {
  return free < waiting;
}
