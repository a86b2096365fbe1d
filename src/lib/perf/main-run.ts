import type { Client } from "../client.ts";
import { stolenBetween } from "../cpu-steal.ts";
import { kernelFiles } from "../kernel-files.ts";
import type { LifecycleStep, PerfReport } from "../protocol/perf.ts";
import { runLifecycle } from "./lifecycle.ts";
import { runGenerator } from "./load/generator-child.ts";
import type { GeneratorWatcher } from "./load/generator-child.ts";
import type { LoadProgress, LoadResult } from "./load/order.ts";
import { loadOf, orderOf } from "./plan.ts";
import type { PerfPlan } from "./plan.ts";
import { happeningsOf, recyclesOf, resourcesOf } from "./resources.ts";
import type { Span } from "./resources.ts";
import { stagesOf } from "./stages.ts";
import { summarise } from "./summary.ts";
import { bottleneckOf } from "./verdict/bottleneck.ts";
import type { DaemonWatch } from "./watch/daemon-watch.ts";
import { readMetricsPage, serverFigures } from "./watch/server-metrics.ts";

/** Whoever ends a load before its time waits no longer than this for what is under way. */
const GRACE_MS = 2000;

/** One load, with what was seen meanwhile. */
export interface MainRun {
  readonly result: LoadResult;
  readonly span: Span;
  readonly pages: readonly [string | undefined, string | undefined];
  readonly stolen: number | null;
  readonly lifecycle: LifecycleStep[] | null;
}

export interface LoadSurroundings {
  readonly client: Client;
  /** Of the daemon; its figures are read there, wherever the load goes. */
  readonly socketPath: string;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly onMeasuring?: () => void;
  readonly onOver?: () => void;
  /** Aborted: no further request is begun, and what was measured counts. */
  readonly until?: AbortSignal | undefined;
}

export async function runLoad(plan: PerfPlan, around: LoadSurroundings): Promise<MainRun> {
  const { client, socketPath, onProgress, until } = around;
  const over = new AbortController();
  let span: Span = { fromMs: 0, toMs: Infinity };
  let before: Promise<string | undefined> | undefined;
  let after: Promise<string | undefined> | undefined;
  let [cpuBefore, cpuAfter] = [readCpu(), readCpu()];
  let steps: Promise<LifecycleStep[]> | undefined;
  const watcher: GeneratorWatcher = {
    onMeasuring: () => {
      span = { ...span, fromMs: performance.now() };
      before = readMetricsPage(socketPath);
      cpuBefore = readCpu();
      around.onMeasuring?.();
      if (plan.lifecycle) steps = runLifecycle(client, plan, over.signal);
    },
    onOver: () => {
      span = { ...span, toMs: performance.now() };
      over.abort();
      after = readMetricsPage(socketPath);
      cpuAfter = readCpu();
      around.onOver?.();
    },
    ...(onProgress && { onProgress }),
    until,
    graceMs: GRACE_MS,
  };
  const result = await runGenerator(orderOf(plan), watcher);
  const stolen = stolenBetween(cpuBefore, cpuAfter);
  return { result, span, stolen, pages: [await before, await after], lifecycle: (await steps) ?? null };
}

function readCpu(): string | undefined {
  return kernelFiles.read("/proc/stat");
}

export type Found = Omit<
  PerfReport,
  "format" | "at" | "machine" | "model" | "settings" | "steady" | "versions" | "targets" | "comparison" | "verdict"
>;

/** What a load came to. */
export function foundBy(
  { result, span, stolen, pages, lifecycle }: MainRun,
  watch: DaemonWatch,
  plan: PerfPlan,
): Found {
  const { computedMs, generator, ...summary } = summarise(result, plan.open !== null);
  return {
    load: loadOf(plan),
    warmUpSeconds: plan.warmUpSeconds,
    ...summary,
    server: { computedMs, ...serverFigures(...pages) },
    generator: { ...generator, bottleneck: bottleneckOf(generator, summary.latencyMs.all.mean) },
    resources: resourcesOf(watch.samples, span),
    stolen,
    recycles: recyclesOf(watch.samples, span),
    happenings: happeningsOf(watch.decisions, span),
    lifecycle,
    ...(plan.open?.profile && { stages: stagesOf(plan.open.profile, result) }),
  };
}
