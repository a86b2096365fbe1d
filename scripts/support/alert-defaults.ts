import { loadSettings } from "../../src/lib/config/load.ts";
import { thresholdsOf } from "../../src/daemon/alerts/thresholds.ts";
import type { AlertThresholds } from "../../src/daemon/policy/alerts/reading.ts";

const MACHINE = { cores: 2, memoryBytes: 8 * 2 ** 30 };

/** What alerts go by where no setting says otherwise. */
export function thresholdsBy(env: Readonly<Record<string, string>> = {}): AlertThresholds {
  return thresholdsOf(loadSettings({ env, machine: MACHINE }).settings);
}

/** As PromQL has it: `5m`, `30s`. */
export function promDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds > 0 && seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
