import { readFileSync } from "node:fs";

/**
 * How many processes the kernel has killed for want of memory, on this machine, in any cgroup (/proc/vmstat, oom_kill;
 * Linux 4.13 and later). Null where it doesn't say.
 */
export function readOomKills(): number | null {
  try {
    const match = /^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "latin1"));
    return match ? Number(match[1]) : null;
  } catch {
    return null;
  }
}
