import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { LAUNCHER, PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { PrivateDaemonOptions } from "../../../../scripts/support/private-daemon.ts";
import type { PerfReport, PerfSearch } from "../../../../src/lib/protocol/perf.ts";

export interface SearchOptions {
  readonly args: readonly string[];
  readonly daemon?: PrivateDaemonOptions;
  /** Put in front of the command. */
  readonly wrapper?: readonly string[];
  readonly say: (progress: string) => void;
  /** While it goes on. */
  readonly meanwhile?: (daemon: PrivateDaemon) => () => void;
}

const STATUSES: readonly (number | null)[] = [0, 4, 6];

/** `combot perf-test --find-max` as it is built, over a daemon of its own. */
export async function searched(options: SearchOptions): Promise<PerfSearch> {
  const { daemon: around = {}, wrapper = [], args, say, meanwhile } = options;
  const daemon = await PrivateDaemon.start({ ...around, env: { LOG_LEVEL: "error", ...around.env } });
  const end = meanwhile?.(daemon);
  try {
    const own = [process.execPath, LAUNCHER, "perf-test", "--find-max", "--json", ...args];
    const [command, ...rest] = [...wrapper, ...own, "--socket", daemon.socketPath];
    const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
    const [output, [status]] = await Promise.all([
      text(child.stdout),
      once(child, "close") as Promise<[number | null]>,
    ]);
    if (!STATUSES.includes(status)) throw new Error(`combot perf-test ended with ${status}: ${output}`);
    const { search } = JSON.parse(output) as PerfReport;
    if (!search) throw new Error("there is no search in the report");
    say(
      `${search.ratePerSecond}/s, ${JSON.stringify(search.found)}, ${search.bound?.by}: ${search.bound?.evidence.join("; ")}`,
    );
    return search;
  } finally {
    end?.();
    await daemon.stop("SIGKILL");
  }
}
