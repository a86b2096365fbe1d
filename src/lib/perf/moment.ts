import type { LoadProgress } from "./load/order.ts";
import type { PerfPlan } from "./plan.ts";
import { secondsOfSteady } from "./steady.ts";
import type { DaemonWatch } from "./watch/daemon-watch.ts";

/** How a run stands, for whoever watches it. */
export interface PerfMoment extends Omit<LoadProgress, "isWarm"> {
  /** Of one load among several. */
  readonly title?: string;
  readonly phase: "warm-up" | "load" | "steady";
  /** Null: it ends with the last of the requests. */
  readonly ofSeconds: number | null;
  /** Null where the daemon can't be seen. */
  readonly seen: { readonly usage: number; readonly machineCpu: number | null } | null;
}

export function momentOf(
  run: "load" | "steady",
  { isWarm, ...progress }: LoadProgress,
  plan: PerfPlan,
  watch: DaemonWatch,
): PerfMoment {
  const phase = isWarm ? run : "warm-up";
  const whole = run === "steady" ? secondsOfSteady(plan) : plan.requests === null ? plan.seconds : null;
  const last = watch.samples.at(-1);
  const seen = last ? { usage: last.sample.memory.usage, machineCpu: last.cpu.machineCpu } : null;
  return { ...progress, phase, ofSeconds: phase === "warm-up" ? plan.warmUpSeconds : whole, seen };
}
