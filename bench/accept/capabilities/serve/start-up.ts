import { spawnSync } from "node:child_process";
import { LAUNCHER, PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";

const ROUNDS = 25;

/** Wall time of commands over that of `node -e 0`, in turn, so that a slow moment hits all of them. */
export async function* startsFast(say: (progress: string) => void): AsyncGenerator<Line> {
  const times = await timeCommands(ROUNDS, say);
  const base = median(times.node);
  const version = round(median(times.version) / base);
  const status = round(median(times.status) / base);
  yield { what: "node -e 0, ms (median of 25)", measured: round(base, 1), target: "for the record", pass: true };
  yield { what: "combot --version over node -e 0", measured: version, target: "at most 4", pass: version <= 4 };
  yield { what: "combot status over node -e 0", measured: status, target: "at most 7", pass: status <= 7 };
}

/** Each command once a round, in turn; ms. */
export async function timeCommands(
  rounds: number,
  say: (progress: string) => void,
): Promise<Record<"node" | "version" | "status", number[]>> {
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error" } });
  try {
    const commands = {
      node: ["-e", "0"],
      version: [LAUNCHER, "--version"],
      status: [LAUNCHER, "status", "--socket", daemon.socketPath],
    };
    const times: Record<keyof typeof commands, number[]> = { node: [], version: [], status: [] };
    for (let turn = 0; turn <= rounds; turn++) {
      for (const [name, args] of Object.entries(commands) as [keyof typeof commands, string[]][]) {
        const tookMs = timeOf(args);
        // The first round fills the compile cache and the page cache.
        if (turn > 0) times[name].push(tookMs);
      }
      say(`started each command ${turn} of ${rounds} times`);
    }
    return times;
  } finally {
    await daemon.stop();
  }
}

/** Wall time of `node …args`, in ms. @throws if it fails. */
function timeOf(args: readonly string[]): number {
  const from = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - from;
}
