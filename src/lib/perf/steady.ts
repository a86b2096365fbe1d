import type { PerfReport } from "../protocol/perf.ts";
import { runGenerator } from "./load/generator-child.ts";
import type { GeneratorWatcher } from "./load/generator-child.ts";
import { OPEN_CONNECTIONS } from "./load/order.ts";
import { orderOf } from "./plan.ts";
import type { PerfPlan } from "./plan.ts";
import { meanOf } from "./resources.ts";
import { rounded } from "./rounding.ts";
import { summarise } from "./summary.ts";
import { CpuMeter } from "./watch/cpu-meter.ts";
import type { DaemonWatch } from "./watch/daemon-watch.ts";

/** The rate at which the seed's promise about CPU was made. */
const PER_SECOND = 20;
const SHORTEST_SECONDS = 3;
const LONGEST_SECONDS = 10;
/** Of the seconds of the run before it. */
const SHARE = 0.33;
const WARM_UP_SECONDS = 1;

export function secondsOfSteady({ seconds }: PerfPlan): number {
  return Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, Math.round(seconds * SHARE)));
}

/** A stretch of an open loop after a closed one, which takes all the CPU there is: what the machine spends on 20 a second. */
export async function runSteady(
  plan: PerfPlan,
  cores: number,
  watch: Pick<DaemonWatch, "samples">,
  onProgress: GeneratorWatcher["onProgress"],
  signal: AbortSignal | undefined,
): Promise<NonNullable<PerfReport["steady"]>> {
  const seconds = secondsOfSteady(plan);
  const open = { ratePerSecond: PER_SECOND, arrivals: "poisson" as const, connections: OPEN_CONNECTIONS };
  const meter = new CpuMeter(() => performance.now(), cores);
  let machineCpu: number | null = null;
  let [from, to] = [0, 0];
  const watcher: GeneratorWatcher = {
    onMeasuring: () => {
      from = watch.samples.length;
      meter.read([]);
    },
    onOver: () => {
      to = watch.samples.length;
      ({ machineCpu } = meter.read([]));
    },
    ...(onProgress && { onProgress }),
  };
  const order = { ...orderOf(plan), open, seconds, warmUpSeconds: WARM_UP_SECONDS, requests: null };
  const result = await runGenerator(order, { ...watcher, until: signal, graceMs: 0 });
  const { requests, latencyMs, generator } = summarise(result, true);
  // The first one reaches back to before the stretch.
  const treeCpu = meanOf(watch.samples.slice(from + 1, to).map(({ cpu }) => cpu.treeCpu));
  return {
    ratePerSecond: PER_SECOND,
    seconds,
    answered: requests.answered,
    failed: requests.failed,
    p50: latencyMs.all.p50,
    p99: latencyMs.all.p99,
    machineCpu: rounded(machineCpu),
    ownCpu: rounded(treeCpu === null ? null : treeCpu + generator.cpu / cores),
  };
}
