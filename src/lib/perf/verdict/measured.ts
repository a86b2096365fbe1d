import type { LifecycleStep, PerfReport } from "../../protocol/perf.ts";
import type { Measured, TargetName } from "./targets.ts";

type Figures = Omit<PerfReport, "targets" | "comparison" | "verdict">;

/** Every figure that a target may be held against. */
export function measuredFigures(report: Figures, rateLimit: number): Readonly<Record<TargetName, Measured>> {
  const { latencyMs, resources, errorShare } = report;
  const { all } = latencyMs;
  return {
    p50: { value: all.p50 },
    p90: { value: all.p90 },
    p99: { value: all.p99 },
    p999: { value: all.p999 },
    max: { value: all.max },
    rate: rate(report, rateLimit),
    memory: { value: resources?.peak.usedBytes ?? null, ...unseen(resources) },
    "memory-usage": { value: resources?.peak.usage ?? null, ...unseen(resources) },
    cpu: cpu(report),
    "hit-rate": hitRate(report),
    errors: { value: errorShare },
    cleanup: stepOf(report, "cleanup", ["cleanup", "force cleanup"]),
    recycle: stepOf(report, "recycle", ["recycle"]),
    unload: stepOf(report, "unload", ["unload", "unload idle"]),
    load: stepOf(report, "load", []),
  };
}

/** Of the machine's CPU; less is the system's own work for the test. */
const OTHERS_SHARE = 0.1;

/** Null with its reason. */
function not(detail: string): Measured {
  return { value: null, detail };
}

function unseen(resources: PerfReport["resources"]): Pick<Measured, "detail"> {
  return resources ? {} : { detail: "the control socket alone tells" };
}

/** An open loop gets what it offers at most. */
function rate({ load: { ratePerSecond }, requests }: Figures, limit: number): Measured {
  if (ratePerSecond !== null && ratePerSecond < limit) return not(`only ${ratePerSecond} a second were offered`);
  return { value: requests.perSecond };
}

/** A closed loop takes all the CPU there is: it is judged at a rate. */
function cpu({ load: { ratePerSecond }, resources, steady, generator, machine: { cores } }: Figures): Measured {
  if (ratePerSecond !== null) {
    const { machineCpu = null, treeCpu = null } = resources?.mean ?? {};
    return judgedCpu(machineCpu, treeCpu === null ? null : treeCpu + generator.cpu / cores, ratePerSecond);
  }
  if (!steady) return not("no stretch at a fixed rate");
  return judgedCpu(steady.machineCpu, steady.ownCpu ?? null, steady.ratePerSecond);
}

/** Where others use the machine they are not what is tested: what the test itself took is judged. */
function judgedCpu(machine: number | null, own: number | null, ratePerSecond: number): Measured {
  const detail = `at ${ratePerSecond} requests a second`;
  const others = machine === null || own === null ? 0 : machine - own;
  if (own === null || others < OTHERS_SHARE) return { value: machine, detail };
  return { value: own, detail: `${detail}; others took ${Math.round(others * 100)}%, which is left out` };
}

function hitRate({ load: { texts }, hitRate: value }: Figures): Measured {
  return texts.unique ? not("--unique: nothing comes out of the cache") : { value };
}

/** By hand in --lifecycle, or else the longest of those that fell into the run. */
function stepOf({ lifecycle, happenings }: Figures, step: LifecycleStep["step"], actions: readonly string[]): Measured {
  const done = lifecycle?.find((one) => one.step === step);
  if (done?.error) return { value: null, detail: done.error, isBroken: true };
  if (done) return { value: done.durationMs };
  const durations = happenings.filter(({ action }) => actions.includes(action)).map(({ durationMs }) => durationMs);
  return durations.length > 0 ? { value: Math.max(...durations) } : not("not done in this run: --lifecycle");
}
