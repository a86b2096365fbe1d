import { MIB } from "../../lib/units.ts";

// What the daemon itself takes, whatever the model: measured once, and held against a daemon under load by `npm run
// accept -- plan`. Times are of the processors that it was measured on.

/**
 * For a request, in ms, by where its answer comes from: of its one thread, and from the request's first byte to the answer's
 * last where nothing waits, beside what a worker takes. docs/performance.md and docs/benchmarks.md.
 */
export const REQUEST_COSTS = {
  computed: { threadMs: 0.5, pathMs: 0.8 },
  memory: { threadMs: 0.05, pathMs: 0.2 },
  redis: { threadMs: 0.15, pathMs: 0.6 },
} as const;

/** Under load, without its cache: pages that no file backs. Idle it has 32 MB. */
export const DAEMON_BYTES = 42 * MIB;
