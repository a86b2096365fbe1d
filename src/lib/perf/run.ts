import type { Client } from "../client.ts";
import type { LifecycleStep, PerfReport } from "../protocol/perf.ts";
import { VERSION } from "../version.ts";
import { refuseUnlike } from "./baseline.ts";
import { stolenBetween } from "../cpu-steal.ts";
import { kernelFiles } from "../kernel-files.ts";
import { readSettings, thisMachine } from "./facts.ts";
import { runLifecycle } from "./lifecycle.ts";
import { runGenerator } from "./load/generator-child.ts";
import type { GeneratorWatcher } from "./load/generator-child.ts";
import type { LoadProgress, LoadResult } from "./load/order.ts";
import { momentOf } from "./moment.ts";
import type { PerfMoment } from "./moment.ts";
import { loadOf, orderOf } from "./plan.ts";
import type { PerfPlan } from "./plan.ts";
import { probe } from "./probe.ts";
import { happeningsOf, recyclesOf, resourcesOf } from "./resources.ts";
import type { Span } from "./resources.ts";
import { runSteady } from "./steady.ts";
import { summarise } from "./summary.ts";
import { bottleneckOf } from "./verdict/bottleneck.ts";
import { compareRuns } from "./verdict/comparison.ts";
import { measuredFigures } from "./verdict/measured.ts";
import { defaultTargets, judgeTargets } from "./verdict/targets.ts";
import type { TargetName, Targets } from "./verdict/targets.ts";
import { DaemonWatch } from "./watch/daemon-watch.ts";
import { readMetricsPage, serverFigures } from "./watch/server-metrics.ts";

export interface PerfSurroundings {
  readonly client: Client;
  /** Of the daemon; its figures are read there, wherever the load goes. */
  readonly socketPath: string;
  /** Told about twice a second. */
  readonly onProgress?: (moment: PerfMoment) => void;
  /** An earlier run to compare this one with. */
  readonly baseline?: { readonly path: string; readonly report: PerfReport } | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Puts the daemon under load as planned, watches it and itself, and holds what it found against the targets.
 *
 * @throws {CombotError} before any load: the daemon can't be reached, or the baseline was another run.
 */
export async function runPerfTest(plan: PerfPlan, around: PerfSurroundings): Promise<PerfReport> {
  const { client, baseline } = around;
  const at = new Date().toISOString();
  const machine = await thisMachine();
  const model = await probe(client, plan);
  if (baseline) refuseUnlike(baseline.path, baseline.report, { model, machine, load: loadOf(plan) });
  const settings = await readSettings(client);
  const targets = changed(defaultTargets(settings?.["COMBOT_PROFILE"]), plan);
  const watch = new DaemonWatch(client, () => performance.now(), machine.cores);
  await watch.start();
  try {
    const main = await runLoad(plan, around, watch);
    const isCpuJudged = plan.open === null && targets.has("cpu");
    const tell = (progress: LoadProgress): void => around.onProgress?.(momentOf("steady", progress, plan, watch));
    const steady = isCpuJudged ? await runSteady(plan, machine.cores, watch, tell, around.signal) : null;
    const found = foundBy(main, watch, plan);
    const report = judged({ format: 1, at, machine, model, settings, steady, ...found, ...versionsOf(watch) }, targets);
    return baseline ? compared(report, baseline.report) : report;
  } finally {
    await watch.stop();
  }
}

interface MainRun {
  readonly result: LoadResult;
  readonly span: Span;
  readonly pages: readonly [string | undefined, string | undefined];
  readonly stolen: number | null;
  readonly lifecycle: LifecycleStep[] | null;
}

async function runLoad(plan: PerfPlan, around: PerfSurroundings, watch: DaemonWatch): Promise<MainRun> {
  const { client, socketPath, onProgress, signal } = around;
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
      if (plan.lifecycle) steps = runLifecycle(client, plan, over.signal);
    },
    onOver: () => {
      span = { ...span, toMs: performance.now() };
      over.abort();
      after = readMetricsPage(socketPath);
      cpuAfter = readCpu();
    },
    onProgress: (progress) => onProgress?.(momentOf("load", progress, plan, watch)),
  };
  const result = await runGenerator(orderOf(plan), watcher, signal);
  const stolen = stolenBetween(cpuBefore, cpuAfter);
  return { result, span, stolen, pages: [await before, await after], lifecycle: (await steps) ?? null };
}

function readCpu(): string | undefined {
  return kernelFiles.read("/proc/stat");
}

type Found = Omit<
  PerfReport,
  "format" | "at" | "machine" | "model" | "settings" | "steady" | "versions" | "targets" | "comparison" | "verdict"
>;

function foundBy({ result, span, stolen, pages, lifecycle }: MainRun, watch: DaemonWatch, plan: PerfPlan): Found {
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
  };
}

function versionsOf(watch: DaemonWatch): Pick<PerfReport, "versions"> {
  const daemon = watch.samples.at(-1)?.sample.process.daemon.version ?? null;
  return { versions: { combot: VERSION, daemon, node: process.versions.node } };
}

function judged(found: Omit<PerfReport, "targets" | "comparison" | "verdict">, targets: Targets): PerfReport {
  const verdicts = judgeTargets(targets, measuredFigures(found, targets.get("rate") ?? 0));
  const isMissed = verdicts.some(({ pass }) => pass === false);
  const verdict = found.generator.bottleneck !== null ? "generator" : isMissed ? "fail" : "pass";
  return { ...found, targets: verdicts, comparison: null, verdict };
}

function compared(report: PerfReport, baseline: PerfReport): PerfReport {
  const figures = compareRuns(baseline, report);
  const isWorse = figures.some(({ verdict }) => verdict === "worse");
  const verdict = report.verdict === "pass" && isWorse ? "fail" : report.verdict;
  return { ...report, comparison: { at: baseline.at, figures }, verdict };
}

function changed(targets: Targets, { targets: changes }: PerfPlan): Targets {
  const all = new Map<TargetName, number>(targets);
  for (const [name, limit] of changes) {
    if (limit === undefined) all.delete(name);
    else all.set(name, limit);
  }
  return all;
}
