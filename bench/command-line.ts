import { LAUNCHER, PrivateDaemon } from "../scripts/support/private-daemon.ts";
import { timeOf } from "./accept/capabilities/serve/start-up.ts";
import type { Benchmark } from "./benchmark.ts";
import { verdictOf } from "./serve/result.ts";

/** Wall time of commands over that of `node -e 0`, in turn. */
export const commandLine: Benchmark = {
  name: "command-line",
  summary: "starting combot status and combot --version, beside node -e 0",
  run: async ({ quick, say }) => {
    const rounds = quick ? 5 : 25;
    const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error" } });
    try {
      const commands = {
        node: ["-e", "0"],
        version: [LAUNCHER, "--version"],
        status: [LAUNCHER, "status", "--socket", daemon.socketPath],
      };
      const times = { node: [] as number[], version: [] as number[], status: [] as number[] };
      say(`command-line, ${rounds} rounds`);
      for (let round = 0; round <= rounds; round++) {
        for (const [name, args] of Object.entries(commands) as [keyof typeof commands, string[]][]) {
          const tookMs = timeOf(args);
          // The first round fills the compile cache and the page cache.
          if (round > 0) times[name].push(tookMs);
        }
      }
      const over = (values: readonly number[]): number[] => values.map((value, round) => value / times.node[round]!);
      return {
        verdicts: [
          verdictOf("node -e 0, ms", times.node),
          verdictOf("combot --version over it", over(times.version)),
          verdictOf("combot status, ms", times.status),
          verdictOf("combot status over node -e 0", over(times.status), { atMost: 6 }),
        ],
        notes: [],
      };
    } finally {
      await daemon.stop();
    }
  },
};
