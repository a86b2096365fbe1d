/**
 * How long a batch may run before its worker counts as hung, in ms. A worker is silent while it computes, so only time
 * tells. Three times the longest batch seen is no hang yet; below a third of the time a request may take, a slow
 * batch gets the benefit of the doubt. A third and not the whole: the texts of a hung worker shall still have time to
 * be answered by another. Where everything takes longer, a third is no benefit of any doubt: there it is so much more,
 * since to end a worker that is only slow costs a load and brings the same batch again.
 *
 * @param slowness of the machine, 1 and more.
 */
export function hangAfterMs(longestBatchMs: number, requestTimeoutMs: number, slowness = 1): number {
  return Math.max(3 * longestBatchMs, (slowness * requestTimeoutMs) / 3);
}
