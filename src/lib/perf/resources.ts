import type { Happening, PerfReport, ResourceSample } from "../protocol/perf.ts";
import { round, rounded } from "./rounding.ts";
import type { WatchedDecision, WatchedSample } from "./watch/daemon-watch.ts";

/** The run on the clock of whoever watched. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Null where nothing was seen. */
export function resourcesOf(watched: readonly WatchedSample[], span: Span): PerfReport["resources"] {
  const within = watched.filter(({ atMs }) => atMs >= span.fromMs && atMs <= span.toMs);
  const last = within.at(-1);
  if (!last) return null;
  const samples = within.map((one) => sampleOf(one, span));
  const most = (of: (sample: ResourceSample) => number): number => Math.max(...samples.map(of));
  return {
    peak: {
      usedBytes: most(({ usedBytes }) => usedBytes),
      usage: most(({ usage }) => usage),
      treePssBytes: most(({ treePssBytes }) => treePssBytes),
      machineCpu: maxOf(samples.map(({ machineCpu }) => machineCpu)),
    },
    mean: {
      treePssBytes: Math.round(meanOf(samples.map(({ treePssBytes }) => treePssBytes)) ?? 0),
      treeCpu: meanOf(samples.map(({ treeCpu }) => treeCpu)),
      machineCpu: meanOf(samples.map(({ machineCpu }) => machineCpu)),
      steal: meanOf(samples.map(({ steal }) => steal)),
    },
    limitBytes: last.sample.memory.limitBytes,
    samples,
  };
}

function sampleOf({ atMs, sample, cpu }: WatchedSample, { fromMs }: Span): ResourceSample {
  const { memory, metrics } = sample;
  const sum = (of: (process: (typeof memory.processes)[number]) => number): number =>
    memory.processes.reduce((total, process) => total + of(process), 0);
  const { cpu: ofCpu, memory: ofMemory, io } = cpu.pressure;
  return {
    atSeconds: round((atMs - fromMs) / 1000),
    usedBytes: memory.usedBytes,
    usage: round(memory.usage),
    level: memory.level,
    treePssBytes: Math.round(sum(({ pssBytes }) => pssBytes)),
    treeRssBytes: Math.round(sum(({ rssBytes }) => rssBytes)),
    processes: memory.processes.length,
    treeCpu: rounded(cpu.treeCpu),
    machineCpu: rounded(cpu.machineCpu),
    steal: rounded(cpu.steal),
    pressure: { cpu: rounded(ofCpu), memory: rounded(ofMemory), io: rounded(io) },
    waiting: metrics.queue.waiting,
  };
}

export function happeningsOf(watched: readonly WatchedDecision[], { fromMs, toMs }: Span): Happening[] {
  return watched
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .map(({ atMs, decision: { action, reason, durationMs, slot = null } }) => {
      return { atSeconds: round((atMs - fromMs) / 1000), action, reason, durationMs, slot };
    });
}

/** Workers replaced from the first sample in the run to the last one seen. */
export function recyclesOf(watched: readonly WatchedSample[], { fromMs }: Span): PerfReport["recycles"] {
  const before = watched.findLast(({ atMs }) => atMs <= fromMs) ?? watched[0];
  const after = watched.at(-1);
  if (!before || !after) return null;
  const from = before.sample.process.recycles;
  const { total, byReason } = after.sample.process.recycles;
  const grown = Object.entries(byReason).map(([reason, count]) => {
    return [reason, count - from.byReason[reason as keyof typeof byReason]] as const;
  });
  return { total: total - from.total, byReason: Object.fromEntries(grown.filter(([, count]) => count > 0)) };
}

/** Of those that are known. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : round(known.reduce((sum, value) => sum + value, 0) / known.length);
}

function maxOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
