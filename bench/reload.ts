import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadSummary } from "../src/lib/perf/summary.ts";
import type { Benchmark, BenchOptions } from "./benchmark.ts";
import { runLoad } from "./generator.ts";
import { combot } from "./serve/combot.ts";
import type { Contender, RunningContender } from "./serve/contender.ts";
import { openBenchModel } from "./serve/model.ts";
import { peer } from "./serve/peer.ts";
import { installPm2 } from "./serve/pm2.ts";
import { verdictOf } from "./serve/result.ts";

const MODEL = "distilbert-int8";
/** Each replaces two processes. */
const RELOADS = 5;
const ROUNDS = 3;
const PAUSE_MS = 500;
const MOST_SECONDS = 90;
/** The peer answers in a form of its own, which the generator takes for none of combot's: it is an answer all the same. */
const ANSWERED_OTHERWISE = "REPLY_INVALID";

export interface Reloaded {
  readonly lost: number;
  readonly begun: number;
  readonly p99Ms: number | null;
}

/** 50 clients while every serving process is replaced, five times over. */
export const reload: Benchmark = {
  name: "reload",
  summary: `requests lost while ten processes are replaced under load: combot, and pm2 reload (${MODEL})`,
  run: async (options) => {
    installPm2(options.say);
    const model = await openBenchModel({ preset: MODEL }, options.say);
    const folder = mkdtempSync(join(tmpdir(), "combot-bench-"));
    try {
      const calm: Reloaded[] = [];
      const ours: Reloaded[] = [];
      // In turns: one run each would compare two states of the machine.
      for (let round = 1; round <= (options.quick ? 1 : ROUNDS); round++) {
        calm.push(await measure(combot({ model, folder }), options, 0));
        ours.push(await measure(combot({ model, folder }), options, options.quick ? 1 : RELOADS));
      }
      const p99 = (all: readonly Reloaded[]): number[] => all.map(({ p99Ms }) => p99Ms ?? NaN);
      const theirs = await measure(peer({ model, folder }), options, options.quick ? 1 : RELOADS);
      return {
        verdicts: [
          verdictOf("requests lost, combot", [sumOf(ours, "lost")], { atMost: 0 }),
          verdictOf("requests, combot", [sumOf(ours, "begun")]),
          verdictOf("requests lost, pm2 reload", [theirs.lost]),
          verdictOf("requests, pm2 reload", [theirs.begun]),
          verdictOf("p99 ms through it, combot", p99(ours)),
          verdictOf("p99 ms without it, combot", p99(calm)),
          verdictOf(
            "p99 through it over p99 without, combot",
            p99(ours).map((value, round) => value / p99(calm)[round]!),
            { atMost: 1.5 },
          ),
        ],
        notes: [
          `Lost: failed, or cut off and sent again by the client. combot ${ROUNDS} times ten processes, pm2 once.`,
        ],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(contender: Contender, { quick, say, signal }: BenchOptions, reloads: number): Promise<Reloaded> {
  say(`reload: ${contender.name}, ${reloads} times`);
  const running = await contender.start();
  try {
    const { address, path } = running;
    const over = new AbortController();
    const done = reloadTimes(running, reloads, quick ? 1000 : 5000).finally(() => over.abort());
    const seconds = reloads === 0 ? (quick ? 2 : 8) : MOST_SECONDS;
    const [summary] = await Promise.all([
      runLoad({ address, path, isUnique: true, seconds, warmUpSeconds: 0, until: over.signal }, signal),
      done,
    ]);
    return lostOf(summary);
  } finally {
    await running.stop();
  }
}

async function reloadTimes(running: RunningContender, reloads: number, calmMs: number): Promise<void> {
  for (let time = 0; time < reloads; time++) {
    await sleep(PAUSE_MS);
    await running.recycle();
  }
  await sleep(reloads === 0 ? calmMs : PAUSE_MS);
}

export function sumOf(all: readonly Reloaded[], of: "lost" | "begun"): number {
  return all.reduce((sum, one) => sum + one[of], 0);
}

export function lostOf({ requests, errors, generator, latencyMs }: LoadSummary): Reloaded {
  const failed = requests.failed - (errors[ANSWERED_OTHERWISE] ?? 0);
  return { lost: failed + generator.retried, begun: requests.begun, p99Ms: latencyMs.all.p99 };
}
