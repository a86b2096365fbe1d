import { PrivateDaemon } from "../scripts/support/private-daemon.ts";
import type { Benchmark } from "./benchmark.ts";
import { runLoad } from "./generator.ts";
import { verdictOf } from "./serve/result.ts";

/** What a front end sends: questions by Zipf's law, some of them asked before, 50 users who come back. */
export const mixed: Benchmark = {
  name: "mixed",
  summary: "3,000 questions by Zipf's law from 50 users, recycling by users left on: the bundled model",
  run: async ({ quick, say, signal }) => {
    const [rounds, seconds] = quick ? [1, 3] : [3, 8];
    const runs = [];
    for (let round = 1; round <= rounds; round++) {
      say(`mixed, round ${round} of ${rounds}`);
      const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error" } });
      try {
        runs.push(await runLoad({ address: { path: daemon.socketPath }, seconds, users: 50 }, signal));
      } finally {
        await daemon.stop();
      }
    }
    return {
      verdicts: [
        verdictOf(
          "requests/s",
          runs.map(({ requests }) => requests.perSecond),
        ),
        verdictOf(
          "p50 ms",
          runs.map(({ latencyMs }) => latencyMs.all.p50 ?? NaN),
        ),
        verdictOf(
          "p99 ms",
          runs.map(({ latencyMs }) => latencyMs.all.p99 ?? NaN),
        ),
        verdictOf(
          "share from the in-memory cache (100 entries)",
          runs.map(({ hitRate }) => hitRate ?? 0),
        ),
        verdictOf(
          "failed requests",
          runs.map(({ requests }) => requests.failed),
          { atMost: 0 },
        ),
      ],
      notes: [],
    };
  },
};
