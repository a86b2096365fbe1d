import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadReply } from "../src/lib/protocol/model.ts";
import type { RecycleReply } from "../src/lib/protocol/process.ts";
import { PrivateDaemon } from "../scripts/support/private-daemon.ts";
import type { Benchmark, BenchOptions, Measured } from "./benchmark.ts";
import { runLoad } from "./generator.ts";
import { NOTHING_DUE } from "./nothing-due.ts";
import { lostOf, sumOf } from "./reload.ts";
import type { Reloaded } from "./reload.ts";
import { openBenchModel, SLOW_TO_LOAD } from "./serve/model.ts";
import type { Preset } from "./serve/model.ts";
import { verdictOf } from "./serve/result.ts";

/** Of both workers, one after the other. */
const RECYCLES = 5;
const PAUSE_MS = 500;
/** The generator counts from then on. */
const WARM_UP_SECONDS = 2;
const CALM_MS = 15_000;
const ROUNDS = 3;
const START_LIMIT_MS = 120_000;

interface Subject {
  readonly name: string;
  readonly preset: Preset | typeof SLOW_TO_LOAD;
  /** Times. */
  readonly mostP99: number;
  /** Of the model, in the summary and beneath the figures. */
  readonly kind: string;
  readonly note: string;
}

const SUBJECTS: readonly Subject[] = [
  {
    name: "recycle",
    preset: "minilm-int8",
    mostP99: 1.2,
    kind: "a model that loads in less than a second",
    note: "MiniLM's size in 8 bits",
  },
  {
    name: "slow-recycle",
    preset: SLOW_TO_LOAD,
    mostP99: 1.5,
    kind: "a model that takes two seconds to load",
    note: "MiniLM's size in 8 bits, with 2,800 nodes in a branch that no text takes",
  },
];

/** 50 clients, with and without ten recycles, on one daemon in turn. */
export const recycleBenchmarks: readonly Benchmark[] = SUBJECTS.map((subject) => ({
  name: subject.name,
  summary: `p99 through ten recycles of ${subject.kind}`,
  run: (options) => measure(subject, options),
}));

async function measure({ name, preset, mostP99, note }: Subject, options: BenchOptions): Promise<Measured> {
  const { quick, say } = options;
  const model = await openBenchModel({ preset }, say);
  const stateDir = mkdtempSync(join(tmpdir(), "combot-bench-"));
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: model.dir, COMBOT_STATE_DIR: stateDir };
  const daemon = await PrivateDaemon.start({ env: { ...env, ...NOTHING_DUE }, startLimitMs: START_LIMIT_MS });
  try {
    const loads: number[] = [];
    const calm: Reloaded[] = [];
    const recycled: Reloaded[] = [];
    const tookMs: number[] = [];
    for (let round = 1; round <= (quick ? 1 : ROUNDS); round++) {
      await daemon.json("POST", "/api/model/unload/?wait=true");
      loads.push((await daemon.json<LoadReply>("POST", "/api/model/load/?wait=true")).durationMs);
      say(`${name}, round ${round}: nothing recycled`);
      calm.push(await serve(daemon, options, () => sleep(quick ? 3000 : CALM_MS)));
      say(`${name}, round ${round}: ${RECYCLES} times both workers`);
      recycled.push(await serve(daemon, options, () => recycle(daemon, quick ? 1 : RECYCLES, tookMs)));
    }
    const p99 = (all: readonly Reloaded[]): number[] => all.map(({ p99Ms }) => p99Ms ?? NaN);
    return {
      verdicts: [
        verdictOf("load of both workers at once, ms", loads),
        verdictOf("a recycle under load, ms", tookMs, { atMost: 10_000 }),
        verdictOf("p99 ms without", p99(calm)),
        verdictOf("p99 ms through it", p99(recycled)),
        verdictOf(
          "p99 through it over p99 without",
          p99(recycled).map((value, round) => value / p99(calm)[round]!),
          { atMost: mostP99 },
        ),
        verdictOf("requests failed meanwhile", [sumOf(recycled, "lost")], { atMost: 0 }),
        verdictOf("requests meanwhile", [sumOf(recycled, "begun")]),
      ],
      notes: [`${note}; recycled by hand, half a second apart.`],
    };
  } finally {
    await daemon.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function serve(daemon: PrivateDaemon, { signal }: BenchOptions, during: () => Promise<void>): Promise<Reloaded> {
  const over = new AbortController();
  const address = { path: daemon.socketPath };
  const load = runLoad(
    { address, isUnique: true, warmUpSeconds: WARM_UP_SECONDS, seconds: 600, until: over.signal },
    signal,
  );
  await sleep(WARM_UP_SECONDS * 1000 + PAUSE_MS);
  await during().finally(() => over.abort());
  return lostOf(await load);
}

/** @param tookMs gets the time of each worker. */
async function recycle(daemon: PrivateDaemon, times: number, tookMs: number[]): Promise<void> {
  for (let time = 0; time < times; time++) {
    const { recycles } = await daemon.json<RecycleReply>("POST", "/api/process/recycle/?wait=true", {});
    tookMs.push(...recycles.map(({ durationMs }) => durationMs ?? NaN));
    await sleep(PAUSE_MS);
  }
}
