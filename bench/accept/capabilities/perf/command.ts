import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { LAUNCHER } from "../../../../scripts/support/private-daemon.ts";
import type { PerfReport } from "../../../../src/lib/protocol/perf.ts";

/** `combot perf-test` as it is built; a missed target is not this function's to judge. */
export async function perfTest(...args: string[]): Promise<PerfReport> {
  const child = spawn(process.execPath, [LAUNCHER, "perf-test", "--json", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null]>]);
  if (status !== 0 && status !== 4) throw new Error(`combot perf-test ended with ${status}: ${output}`);
  return JSON.parse(output) as PerfReport;
}
