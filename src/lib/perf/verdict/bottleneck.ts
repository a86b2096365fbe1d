import type { PerfReport } from "../../protocol/perf.ts";

type Generator = Omit<PerfReport["generator"], "bottleneck">;

/** Above this the generator's thread has no time left for a faster server. */
const BUSY = 0.9;
/**
 * Lateness of the generator counts as latency of the server. More of it, on average, than this share of the latency and
 * than this says more of the generator; now and then a busy machine lets anybody wait.
 */
const LATE_SHARE = 0.1;
const LATE_MS = 2;

/** Why the figures are the generator's own rather than the server's; null where they are not. */
export function bottleneckOf(generator: Generator, meanMs: number | null): string | null {
  const { utilisation, latenessMs, loopDelayMs } = generator;
  if (utilisation > BUSY) return `the load generator was busy for ${Math.round(utilisation * 100)}% of the time`;
  const late = Math.max(latenessMs.mean ?? 0, loopDelayMs.mean);
  if (late <= LATE_MS || late <= LATE_SHARE * (meanMs ?? 0)) return null;
  return `the load generator was ${late.toFixed(1)} ms late on average, over ${LATE_SHARE * 100}% of the latency measured`;
}
