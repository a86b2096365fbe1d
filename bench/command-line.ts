import { timeCommands } from "./accept/capabilities/serve/start-up.ts";
import type { Benchmark } from "./benchmark.ts";
import { verdictOf } from "./serve/result.ts";

/** Wall time of commands over that of `node -e 0`, in turn. */
export const commandLine: Benchmark = {
  name: "command-line",
  summary: "starting combot status and combot --version, beside node -e 0",
  run: async ({ quick, say }) => {
    const rounds = quick ? 5 : 25;
    const times = await timeCommands(rounds, say);
    const over = (values: readonly number[]): number[] => values.map((value, round) => value / times.node[round]!);
    return {
      verdicts: [
        verdictOf("node -e 0, ms", times.node),
        verdictOf("combot --version over it", over(times.version), { atMost: 2.5 }),
        verdictOf("combot status, ms", times.status),
        verdictOf("combot status over node -e 0", over(times.status), { atMost: 3.5 }),
      ],
      notes: [],
    };
  },
};
