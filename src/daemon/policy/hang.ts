/**
 * How long a batch may run before its worker counts as hung, in ms. A worker is silent while it computes, so only time
 * tells. Three times the longest batch seen is no hang yet; below a third of the time a request may take, a slow
 * batch gets the benefit of the doubt. A third and not the whole: the texts of a hung worker shall still have time to
 * be answered by another.
 */
export function hangAfterMs(longestBatchMs: number, requestTimeoutMs: number): number {
  return Math.max(3 * longestBatchMs, requestTimeoutMs / 3);
}
