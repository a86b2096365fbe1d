import { CpuMeter } from "./cpu-meter.ts";
import type { CpuUsage } from "./cpu-meter.ts";
import type { Contender, RunningContender } from "./contender.ts";
import { HttpConnection } from "../../src/lib/perf/load/connection.ts";
import { runLoad } from "./load.ts";
import type { LoadOrder } from "./load.ts";
import { memoryOf } from "./procfs.ts";
import type { ProcessMemory } from "./procfs.ts";

/** One contender under load, once. */
export interface Measurement {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answered: number;
  readonly failed: number;
  /** What went wrong, by what was said. */
  readonly failures: Readonly<Record<string, number>>;
  readonly cpu: CpuUsage;
  /** Of all processes, right after the load. */
  readonly pssBytes: number;
  readonly processes: readonly ProcessMemory[];
  /** What it answered to the first texts, asked one by one before the load. */
  readonly labels: readonly string[];
}

export interface LoadPlan extends Pick<LoadOrder, "clients" | "warmUpSeconds" | "seconds" | "textsFile"> {
  /** Asked one by one, to see that all contenders say the same. */
  readonly probes: readonly string[];
}

/** Starts it, loads it, weighs it, ends it. */
export async function measure(contender: Contender, plan: LoadPlan, signal: AbortSignal): Promise<Measurement> {
  const running = await contender.start();
  try {
    const labels = await ask(running, plan.probes);
    return { ...(await load(running, plan, signal)), labels };
  } finally {
    await running.stop();
  }
}

async function load(
  running: RunningContender,
  { probes: _probes, ...plan }: LoadPlan,
  signal: AbortSignal,
): Promise<Omit<Measurement, "labels">> {
  const { address, path, extraFields } = running;
  const pids = running.processes().map(({ pid }) => pid);
  let meter: CpuMeter | undefined;
  let cpu: CpuUsage | undefined;
  const watcher = {
    onStart: (loadPid: number) => (meter = new CpuMeter(pids, [loadPid])),
    onEnd: () => (cpu = meter?.read()),
  };
  const report = await runLoad({ ...plan, address, path, extraFields }, watcher, signal);
  if (!cpu) throw new Error("the clients did not say when they began and ended");
  const processes = await memoryOf(running.processes());
  const { answered, failed, failures, p50Ms, p99Ms, seconds } = report;
  const pssBytes = processes.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
  return { perSecond: answered / seconds, p50Ms, p99Ms, answered, failed, failures, cpu, pssBytes, processes };
}

async function ask(running: RunningContender, texts: readonly string[]): Promise<string[]> {
  const connection = await HttpConnection.open(running.address);
  const labels: string[] = [];
  for (const text of texts) {
    const { status, body } = await connection.post(running.path, JSON.stringify({ text, ...running.extraFields }));
    if (status !== 200) throw new Error(`a text got ${status}: ${body.toString()}`);
    labels.push(running.labelOf(JSON.parse(body.toString())));
  }
  connection.close();
  return labels;
}
