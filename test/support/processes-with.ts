import { readdirSync, readFileSync } from "node:fs";

/** The pids of those whose command line is this. */
export function processesWith(commandLine: string): string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").join(" ").trim() === commandLine;
    } catch {
      return false;
    }
  });
}
