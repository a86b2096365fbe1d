import type { SearchStep } from "../../protocol/perf.ts";
import type { LoadProgress } from "../load/order.ts";
import { foundBy, runLoad } from "../main-run.ts";
import type { Found, MainRun } from "../main-run.ts";
import type { PerfPlan, SearchPlan } from "../plan.ts";
import { rounded } from "../rounding.ts";
import { measuredFigures } from "../verdict/measured.ts";
import type { Targets } from "../verdict/targets.ts";
import type { DaemonWatch } from "../watch/daemon-watch.ts";
import type { Client } from "../../client.ts";
import { boundOf, isMemoryFull } from "./bound.ts";
import type { Bound, Evidence } from "./bound.ts";
import { EvidenceMeter } from "./evidence.ts";
import { isBehind, judgeStep, LONGEST_WAIT_MS } from "./judge.ts";

export interface StepSurroundings {
  readonly client: Client;
  readonly socketPath: string;
  readonly watch: DaemonWatch;
  readonly cores: number;
  readonly targets: Targets;
  readonly onProgress: (progress: LoadProgress, plan: PerfPlan) => void;
  /** Aborted: the step ends here. */
  readonly until?: AbortSignal;
}

/** One load at one rate, and what it says. */
export interface Look {
  readonly step: SearchStep;
  readonly held: boolean;
  readonly bound: Bound | null;
  readonly run: MainRun;
  readonly plan: PerfPlan;
}

export interface Taken {
  readonly held: boolean;
  /** Why nothing further is to be tried at all. */
  readonly ends: string | null;
}

/** Before its three windows begin. */
const SETTLE_SECONDS = 1;
/** A step that is broken off has been seen for so long. */
const LEAST_SECONDS = 2;

/**
 * Offers a rate until it is clear whether the targets hold. Three windows that lie apart are looked at again, for twice as
 * long; and so is what was only just missed: others use the machine, too.
 */
export async function takeStep(
  run: number,
  ratePerSecond: number,
  plan: PerfPlan,
  around: StepSurroundings & { readonly onLook: (look: Look) => void },
): Promise<Taken> {
  const { stepSeconds } = plan.search as SearchPlan;
  const first = await lookAt(run, { ...plan, ...steady(plan, ratePerSecond, stepSeconds) }, around, false);
  around.onLook(first);
  if (around.until?.aborted || first.again === 0 || first.ends !== null) return first;
  const seconds = stepSeconds * first.again;
  const second = await lookAt(run, { ...plan, ...steady(plan, ratePerSecond, seconds) }, around, true);
  around.onLook(second);
  return second;
}

function steady(plan: PerfPlan, ratePerSecond: number, seconds: number): Partial<PerfPlan> {
  const { arrivals, connections } = plan.open!;
  return { open: { ratePerSecond, arrivals, connections }, seconds, warmUpSeconds: SETTLE_SECONDS, requests: null };
}

type WholeLook = Look & Taken & { readonly again: 0 | 1 | 2 };

async function lookAt(run: number, plan: PerfPlan, around: StepSurroundings, isLast: boolean): Promise<WholeLook> {
  const { targets, watch, until } = around;
  const { ratePerSecond } = plan.open!;
  const meter = new EvidenceMeter(watch, around.cores);
  const over = new AbortController();
  let stopped: string | null = null;
  const onProgress = (progress: LoadProgress): void => {
    around.onProgress(progress, plan);
    if (stopped !== null || !progress.isWarm) return;
    stopped = whyStopped(progress, ratePerSecond, targets, meter);
    if (stopped !== null) over.abort();
  };
  const main = await runLoad(plan, {
    ...around,
    onProgress,
    onMeasuring: () => meter.begin(),
    onOver: () => meter.end(),
    until: until ? AbortSignal.any([over.signal, until]) : over.signal,
  });
  const found = foundBy(main, watch, plan);
  const verdict = judgeStep(
    {
      ratePerSecond,
      begun: main.result.begun,
      failed: main.result.failed,
      answeredInTime: main.result.answeredInTime,
      medians: found.stability.thirds.length === 0 ? [null] : found.stability.thirds,
      stopped: until?.aborted ? String(until.reason) : stopped,
      measured: measuredFigures({ ...found, machine: { cores: around.cores }, steady: null }, 0),
    },
    targets,
    isLast,
  );
  const held = verdict.verdict === "held";
  const evidence = meter.evidence(found, verdict, targets.get("p99") ?? null, plan.isUnique);
  return {
    run: main,
    plan,
    held,
    bound: held || until?.aborted ? null : boundOf(evidence),
    step: stepOf(run, found, evidence, held, verdict.why, ratePerSecond),
    ends: meter.isInDanger ? stopped : null,
    again: isLast || held ? 0 : verdict.verdict === "unsteady" ? 2 : verdict.isClose ? 1 : 0,
  };
}

/** Nothing is learned by going on: more is asked than answered, or memory is at its end. */
function whyStopped(
  { seconds, begun, failed, answered }: LoadProgress,
  ratePerSecond: number,
  targets: Targets,
  meter: EvidenceMeter,
): string | null {
  const full = meter.memory;
  if (isMemoryFull(full)) return full.level === null ? "the machine swaps" : `memory is at level ${full.level}`;
  const pending = begun - failed - answered.computed - answered.memory - answered.redis;
  const limitMs = targets.get("p99") ?? LONGEST_WAIT_MS;
  const isOver = seconds >= LEAST_SECONDS && isBehind(ratePerSecond, pending / 2, limitMs);
  return isOver ? `saturated: ${pending} requests were waiting after ${seconds.toFixed(0)} s` : null;
}

function stepOf(
  run: number,
  { seconds, requests, latencyMs, hitRate }: Found,
  { machineCpu, usage, waiting }: Evidence,
  held: boolean,
  why: string | null,
  ratePerSecond: number,
): SearchStep {
  const { p50, p99 } = latencyMs.all;
  const { perSecond, failed } = requests;
  const seen = { machineCpu: rounded(machineCpu), usage: rounded(usage), waiting };
  return { run, ratePerSecond, seconds, held, why, perSecond, failed, p50, p99, hitRate, ...seen };
}
