import type { LifecycleStep, PerfReport } from "../../protocol/perf.ts";
import type { Measured, TargetName } from "./targets.ts";

type Figures = Pick<
  PerfReport,
  | "latencyMs"
  | "resources"
  | "errorShare"
  | "load"
  | "requests"
  | "steady"
  | "generator"
  | "hitRate"
  | "lifecycle"
  | "happenings"
> & { readonly machine: Pick<PerfReport["machine"], "cores"> };

/** Every figure that a target may be held against. */
export function measuredFigures(report: Figures, rateLimit: number): Readonly<Record<TargetName, Measured>> {
  const { latencyMs, resources, errorShare, requests } = report;
  const { all } = latencyMs;
  const latency = (value: number | null): Measured => (value === null ? not("nothing was answered") : { value });
  return {
    p50: latency(all.p50),
    p90: latency(all.p90),
    p99: latency(all.p99),
    p999: latency(all.p999),
    max: latency(all.max),
    rate: rate(report, rateLimit),
    memory: { value: resources?.peak.usedBytes ?? null, ...unseen(resources) },
    "memory-usage": { value: resources?.peak.usage ?? null, ...unseen(resources) },
    cpu: cpu(report),
    "hit-rate": hitRate(report),
    errors: requests.begun === 0 ? not("nothing was asked") : { value: errorShare },
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
function rate({ load: { ratePerSecond, stages }, requests }: Figures, limit: number): Measured {
  if (stages !== undefined) return not("the rate that was offered changed");
  if (ratePerSecond !== null && ratePerSecond < limit) return not(`only ${ratePerSecond} a second were offered`);
  return requests.begun === 0 ? not("nothing was asked") : { value: requests.perSecond };
}

/** A closed loop takes all the CPU there is: it is judged at a rate. */
function cpu({ load, resources, steady, generator, machine: { cores } }: Figures): Measured {
  const { ratePerSecond, stages } = load;
  if (stages !== undefined) return not("the rate that was offered changed");
  if (ratePerSecond !== null) {
    const { machineCpu = null, treeCpu = null } = resources?.mean ?? {};
    return judgedCpu(machineCpu, treeCpu === null ? null : treeCpu + generator.cpu / cores, ratePerSecond);
  }
  if (!steady) return not("no stretch at a fixed rate");
  return judgedCpu(steady.machineCpu, steady.ownCpu ?? null, steady.ratePerSecond);
}

/** Where others use the machine they are not what is tested: what the test itself took is judged. */
function judgedCpu(machine: number | null, own: number | null, ratePerSecond: number): Measured {
  if (machine === null) return not(own === null ? "the control socket alone tells" : "the kernel does not tell");
  const detail = `at ${ratePerSecond} requests a second`;
  const others = own === null ? 0 : machine - own;
  if (own === null || others < OTHERS_SHARE) return { value: machine, detail };
  return { value: own, detail: `${detail}; others took ${Math.round(others * 100)}%, which is left out` };
}

function hitRate({ load: { texts }, hitRate: value }: Figures): Measured {
  if (texts.unique) return not("--unique: nothing comes out of the cache");
  return value === null ? not("nothing was answered") : { value };
}

/** By hand in --lifecycle, or else the longest of those that fell into the run. */
function stepOf({ lifecycle, happenings }: Figures, step: LifecycleStep["step"], actions: readonly string[]): Measured {
  const done = lifecycle?.find((one) => one.step === step);
  if (done?.error) return { value: null, detail: done.error, isBroken: true };
  if (done?.idle) return not(done.idle);
  if (done) return { value: done.durationMs };
  const durations = happenings.filter(({ action }) => actions.includes(action)).map(({ durationMs }) => durationMs);
  return durations.length > 0
    ? { value: Math.max(...durations) }
    : not(lifecycle ? "the run was over before it" : "not done in this run: --lifecycle");
}
