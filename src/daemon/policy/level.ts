import type { MemoryLevel } from "../../lib/protocol/memory.ts";

/** Shares of the limit at which each level begins; they rise strictly. */
export interface Thresholds {
  readonly warning: number;
  readonly high: number;
  readonly critical: number;
  readonly emergency: number;
}

/** The level that a usage of 0 to 1 stands for. */
export function levelOf(usage: number, thresholds: Thresholds): MemoryLevel {
  if (usage >= thresholds.emergency) return "emergency";
  if (usage >= thresholds.critical) return "critical";
  if (usage >= thresholds.high) return "high";
  return usage >= thresholds.warning ? "warning" : "normal";
}
