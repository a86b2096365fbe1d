import type { Logger } from "../log/log.ts";

const WARN_EVERY_MS = 60_000;

/** Tells the log of connections that were closed as they came: a flood of them must not become a flood of lines. */
export function warnOfRefused(log: Pick<Logger, "warn">, message: string): (peer?: string) => void {
  let refused = 0;
  let toldAtMs = -Infinity;
  return (peer) => {
    refused += 1;
    const nowMs = performance.now();
    if (nowMs - toldAtMs < WARN_EVERY_MS) return;
    log.warn({ ...(peer === undefined ? {} : { peer }), refused }, message);
    toldAtMs = nowMs;
    refused = 0;
  };
}
