import type { PerfReport, PerfSearch, SearchStep } from "../../protocol/perf.ts";
import type { MainRun } from "../main-run.ts";
import type { PerfMoment } from "../moment.ts";
import { momentOf } from "../moment.ts";
import type { PerfPlan, SearchPlan } from "../plan.ts";
import { rounded } from "../rounding.ts";
import { changedTargets, defaultTargets } from "../verdict/targets.ts";
import type { TargetName, Targets } from "../verdict/targets.ts";
import type { DaemonWatch } from "../watch/daemon-watch.ts";
import { answerOf, bracketOf, nextRate } from "./search.ts";
import type { Tried } from "./search.ts";
import { takeStep } from "./step.ts";
import type { Look, StepSurroundings } from "./step.ts";

export interface SearchSurroundings extends Omit<StepSurroundings, "onProgress" | "until" | "targets"> {
  readonly watch: DaemonWatch;
  readonly settings: PerfReport["settings"];
  readonly onProgress?: (moment: PerfMoment) => void;
  readonly onStep?: (step: SearchStep) => void;
  readonly signal?: AbortSignal;
}

export interface FoundMax {
  readonly search: PerfSearch;
  readonly targets: Targets;
  /** The load at the rate that was found, or at the last one tried. */
  readonly best: { readonly run: MainRun; readonly plan: PerfPlan };
  readonly interrupted: string | null;
}

/** What a rate is not to be held by unless it is asked for: none of these is a matter of how much is asked. */
const NOT_OF_A_RATE: readonly TargetName[] = ["rate", "cpu", "hit-rate", "cleanup", "recycle", "load"];
/** Later runs begin so far below what the first found: the whole is done again, and not from the ground up. */
const BEGIN_AGAIN = 0.7;
const PRECISION = 0.05;
const LEAST_PER_SECOND = 0.1;

/** The highest rate at which the targets hold, found several times. */
export async function findMax(plan: PerfPlan, around: SearchSurroundings): Promise<FoundMax> {
  const search = plan.search as SearchPlan;
  const usual = [...defaultTargets(around.settings)].filter(([name]) => !NOT_OF_A_RATE.includes(name));
  const targets = changedTargets(new Map(usual), plan.targets);
  const looks: Look[] = [];
  const found: (number | null)[] = [];
  let ended: string | null = null;
  for (let run = 1; run <= search.repeats && ended === null; run++) {
    const first = found[0] ?? null;
    const startPerSecond = first === null ? search.startPerSecond : Number((first * BEGIN_AGAIN).toPrecision(3));
    const own = await oneRun(run, startPerSecond, plan, { ...around, targets });
    looks.push(...own.looks);
    ended = own.ended;
    // A run that was cut short counts where it is all there is.
    if (ended === null || found.length === 0) found.push(own.held);
  }
  const interrupted = around.signal?.aborted ? String(around.signal.reason) : null;
  const told = searchOf(search, found, looks, ended !== null);
  const best = looks.findLast((look) => look.held && look.step.ratePerSecond === told.ratePerSecond) ?? looks.at(-1)!;
  return { search: told, targets, best, interrupted };
}

interface OneRun {
  readonly looks: readonly Look[];
  readonly held: number | null;
  /** Why nothing further is to be tried, in this run or another. */
  readonly ended: string | null;
}

async function oneRun(
  run: number,
  startPerSecond: number,
  plan: PerfPlan,
  around: SearchSurroundings & { readonly targets: Targets },
): Promise<OneRun> {
  const { onStep, onProgress, signal, watch } = around;
  const { repeats, mostPerSecond } = plan.search as SearchPlan;
  const limits = { startPerSecond, leastPerSecond: LEAST_PER_SECOND, mostPerSecond, precision: PRECISION };
  const tried: Tried[] = [];
  const looks: Look[] = [];
  for (;;) {
    const next = nextRate(tried, limits);
    if (next.act === "found") return { looks, held: next.held, ended: null };
    const title = `run ${run} of ${repeats}, ${next.ratePerSecond}/s`;
    const taken = await takeStep(run, next.ratePerSecond, plan, {
      ...around,
      onProgress: (progress, stepPlan) => onProgress?.({ ...momentOf("load", progress, stepPlan, watch), title }),
      onLook: (look) => {
        // One that was cut short says nothing of its rate.
        if (signal?.aborted && (run > 1 || looks.length > 0)) return;
        looks.push(look);
        onStep?.(look.step);
      },
      ...(signal && { until: signal }),
    });
    if (signal?.aborted) return { looks, held: bracketOf(tried).held, ended: String(signal.reason) };
    tried.push({ ratePerSecond: next.ratePerSecond, held: taken.held });
    if (taken.ends !== null) return { looks, held: bracketOf(tried).held, ended: taken.ends };
  }
}

function searchOf(
  { perUserPerMinute }: SearchPlan,
  found: readonly (number | null)[],
  looks: readonly Look[],
  isEnded: boolean,
): PerfSearch {
  const { ratePerSecond, spread } = answerOf(found);
  const above = (look: Look): boolean => !look.held && look.step.ratePerSecond > (ratePerSecond ?? 0);
  const missed = looks.filter(above).toSorted((a, b) => a.step.ratePerSecond - b.step.ratePerSecond);
  const bound = missed.find((look) => look.bound !== null)?.bound ?? null;
  const users = ratePerSecond === null ? null : Math.floor((ratePerSecond * 60) / perUserPerMinute);
  return {
    perUserPerMinute,
    ratePerSecond,
    users,
    found: [...found],
    spread: rounded(spread),
    isAtLeast: isEnded || missed.length === 0 || bound?.by === "generator",
    bound: bound && { by: bound.by, evidence: [...bound.evidence] },
    steps: looks.map(({ step }) => step),
  };
}
