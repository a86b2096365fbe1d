import type { Client } from "../client.ts";
import type { PerfReport } from "../protocol/perf.ts";
import { VERSION } from "../version.ts";
import { AbortWatch } from "./abort-watch.ts";
import { refuseUnlike } from "./baseline.ts";
import { readMark, readSettings, thisMachine } from "./facts.ts";
import type { LoadProgress } from "./load/order.ts";
import { foundBy, runLoad } from "./main-run.ts";
import type { Found } from "./main-run.ts";
import { momentOf } from "./moment.ts";
import type { PerfMoment } from "./moment.ts";
import { loadOf } from "./plan.ts";
import type { PerfPlan } from "./plan.ts";
import { probe } from "./probe.ts";
import { findMax } from "./search/find-max.ts";
import type { SearchStep } from "../protocol/perf.ts";
import { runSteady } from "./steady.ts";
import { compareRuns } from "./verdict/comparison.ts";
import { fittedTargets } from "./verdict/fitted.ts";
import type { CacheFacts } from "./verdict/fitted.ts";
import { measuredFigures } from "./verdict/measured.ts";
import { changedTargets, defaultTargets, judgeTargets } from "./verdict/targets.ts";
import { DaemonWatch } from "./watch/daemon-watch.ts";

export interface PerfSurroundings {
  readonly client: Client;
  /** Of the daemon; its figures are read there, wherever the load goes. */
  readonly socketPath: string;
  /** Told about twice a second. */
  readonly onProgress?: (moment: PerfMoment) => void;
  /** Told of each rate of a search. */
  readonly onStep?: (step: SearchStep) => void;
  /** An earlier run to compare this one with. */
  readonly baseline?: { readonly path: string; readonly report: PerfReport } | undefined;
  /** Aborted: it ends here, its reason says why, and what was measured so far is told. */
  readonly signal?: AbortSignal;
}

type Ground = Pick<PerfReport, "at" | "machine" | "model" | "settings">;

/**
 * Puts the daemon under load as planned, watches it and itself, and holds what it found against the targets.
 *
 * @throws {CombotError} before any load: the daemon can't be reached, or the baseline was another run.
 */
export async function runPerfTest(planned: PerfPlan, around: PerfSurroundings): Promise<PerfReport> {
  const { client, baseline } = around;
  const at = new Date().toISOString();
  const machine = await thisMachine();
  const plan = { ...planned, mark: planned.asLive ? null : await readMark(client) };
  const model = await probe(client, plan);
  if (baseline) refuseUnlike(baseline.path, baseline.report, { model, machine, load: loadOf(plan) });
  const settings = await readSettings(client);
  const ground = { at, machine, model, settings };
  const watch = new DaemonWatch(client, () => performance.now(), machine.cores);
  await watch.start();
  try {
    const report = plan.search
      ? await searched(plan, { ...around, watch }, ground)
      : await measured(plan, { ...around, watch }, ground);
    return baseline ? compared(report, baseline.report) : report;
  } finally {
    await watch.stop();
  }
}

type Watching = PerfSurroundings & { readonly watch: DaemonWatch };

async function measured(plan: PerfPlan, around: Watching, ground: Ground): Promise<PerfReport> {
  const { watch, signal } = around;
  const { machine, settings } = ground;
  const targets = changedTargets(defaultTargets(settings), plan.targets);
  const ended = new AbortWatch(plan, watch, signal);
  const tell =
    (run: "load" | "steady") =>
    (progress: LoadProgress): void => {
      if (run === "load") ended.look(progress);
      around.onProgress?.(momentOf(run, progress, plan, watch));
    };
  const main = await runLoad(plan, { ...around, onProgress: tell("load"), until: ended.signal });
  const isCpuJudged = plan.open === null && targets.has("cpu") && ended.why === null;
  const steady = isCpuJudged ? await runSteady(plan, machine.cores, watch, tell("steady"), ended.signal) : null;
  const found = foundBy(main, watch, plan);
  const whole = { ...ground, format: 1 as const, steady, ...found, ...versionsOf(watch) };
  const report = judged(whole, fittedTargets(targets, plan, cacheFacts(watch), found.requests.begun));
  if (ended.why === null) return report;
  return { ...report, interrupted: ended.why, verdict: ended.isMissed ? "fail" : report.verdict };
}

async function searched(plan: PerfPlan, around: Watching, ground: Ground): Promise<PerfReport> {
  const { machine, settings } = ground;
  const { search, best, targets, interrupted } = await findMax(plan, { ...around, cores: machine.cores, settings });
  const found: Found = foundBy(best.run, around.watch, best.plan);
  const whole = {
    ...ground,
    format: 1 as const,
    steady: null,
    ...found,
    ...versionsOf(around.watch),
    search,
    interrupted,
  };
  const verdicts = judgeTargets(targets, measuredFigures(whole, 0));
  const verdict = search.ratePerSecond === null ? "fail" : search.bound?.by === "generator" ? "generator" : "pass";
  return { ...whole, targets: verdicts, comparison: null, verdict };
}

function versionsOf(watch: DaemonWatch): Pick<PerfReport, "versions"> {
  const daemon = watch.samples.at(-1)?.sample.process.daemon.version ?? null;
  return { versions: { combot: VERSION, daemon, node: process.versions.node } };
}

/** As it was seen last. */
function cacheFacts(watch: DaemonWatch): CacheFacts {
  const last = watch.samples.at(-1)?.sample;
  return { isMemoryAlone: last?.redis.state === "off", entries: last?.cache.memory.maxEntries ?? null };
}

function judged(
  found: Omit<PerfReport, "targets" | "comparison" | "verdict">,
  { targets, detail }: ReturnType<typeof fittedTargets>,
): PerfReport {
  const figures = measuredFigures(found, targets.get("rate") ?? 0);
  const hitRate = detail === null ? figures["hit-rate"] : { detail, ...figures["hit-rate"] };
  const verdicts = judgeTargets(targets, { ...figures, "hit-rate": hitRate });
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
