import { MIB } from "../../lib/units.ts";

// What the daemon itself takes, whatever the model: measured once, and held against a daemon under load by `npm run
// accept -- plan`. Times are of the processors that it was measured on.

/** Of its one thread for a request: docs/performance.md, docs/benchmarks.md. */
export const DAEMON_COMPUTED_MS = 0.5;
export const DAEMON_CACHED_MS = 0.05;

/** From a request's first byte to its answer's last where nothing waits, beside what a worker takes: with and without one. */
export const PATH_COMPUTED_MS = 0.8;
export const PATH_CACHED_MS = 0.2;

/** Under load without its cache: pages that no file backs, and those of its program that nobody else has. */
export const DAEMON_BYTES = 72 * MIB;
export const DAEMON_MAPPED_BYTES = 34 * MIB;
