import { MIB } from "../../units.ts";
import type { Setting } from "../setting.ts";
import { byteLimit, oneOf, ratio } from "../value-types.ts";

/** The ladder: four levels of memory usage, and what usage is measured against. The four must rise strictly. */
export const MEMORY_SETTINGS = {
  MEMORY_WARNING: {
    type: ratio(),
    default: "0.80",
    unit: "ratio",
    live: true,
    doc: "Usage at which the warning level begins.",
  },
  MAX_MEMORY_USAGE: {
    type: ratio(),
    default: "0.85",
    unit: "ratio",
    live: true,
    doc: "Usage at which the high level begins.",
  },
  MEMORY_FORCE_CLEANUP: {
    type: ratio(),
    default: "0.90",
    unit: "ratio",
    live: true,
    doc: "Usage at which the critical level begins.",
  },
  CRITICAL_MEMORY_USAGE: {
    type: ratio(),
    default: "0.95",
    unit: "ratio",
    live: true,
    doc: "Usage at which the emergency level begins.",
  },
  MEMORY_LIMIT: {
    type: byteLimit(16 * MIB),
    default: "found",
    unit: "bytes",
    live: true,
    doc: "What usage is measured against; found = as MEMORY_SOURCE says.",
  },
  MEMORY_SOURCE: {
    type: oneOf(["auto", "cgroup", "machine", "setting"]),
    default: "auto",
    unit: "name",
    live: true,
    doc: "Whose memory counts: that of the machine, of combot's cgroup, or of combot's own processes against MEMORY_LIMIT (setting). auto = setting where MEMORY_LIMIT is set; in a container the cgroup, if it has a limit; else machine or cgroup, whichever is fuller.",
  },
} as const satisfies Record<string, Setting>;
