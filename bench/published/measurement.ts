import { setTimeout as delay } from "node:timers/promises";
import { HttpConnection } from "../../src/lib/perf/load/connection.ts";
import type { Contender, RunningContender } from "../serve/contender.ts";
import { CpuMeter } from "../serve/cpu-meter.ts";
import type { CpuUsage } from "../serve/cpu-meter.ts";
import { runLoad } from "../serve/load.ts";
import type { LoadReport } from "../serve/load.ts";
import { memoryOf } from "../serve/procfs.ts";

const CLIENTS = 50;
const WEIGHED_EVERY_MS = 1000;
/** A worker may end while it is weighed. */
const WEIGHED_AGAIN = 5;

/** A contender whose workers may come due. */
export interface Recycled extends RunningContender {
  /** Workers replaced so far. */
  recycled(): Promise<number>;
}

export interface Plan {
  /** Asked one by one, first. */
  readonly probes: readonly string[];
  /** Texts in JSON, the first of them to warm up with. */
  readonly textsFile: string;
  readonly warmUpTexts: number;
  /** No worker comes due: the processes stay the same, and their CPU time can be told. */
  readonly isCalm: boolean;
}

/** What came of a load. */
export interface Load {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
  readonly failed: number;
  readonly failures: LoadReport["failures"];
  /** The most that all processes had together, weighed each second. */
  readonly pssBytes: number;
  readonly recycles: number;
  readonly cpu: CpuUsage | undefined;
  readonly labels: readonly string[];
}

/** Starts it, asks it all that is planned, ends it. */
export async function measure(contender: Contender<Recycled>, plan: Plan, signal: AbortSignal): Promise<Load> {
  const running = await contender.start();
  try {
    const labels = await labelsOf(running, plan.probes);
    const over = new AbortController();
    const weighing = mostWeight(running, over.signal);
    const { report, cpu, before } = await load(running, plan, signal).finally(() => over.abort());
    const { answered, seconds, p50Ms, p99Ms, mostMs, failed, failures } = report;
    const [recycles, pssBytes] = [(await running.recycled()) - (await before), await weighing];
    return { perSecond: answered / seconds, p50Ms, p99Ms, mostMs, failed, failures, pssBytes, recycles, cpu, labels };
  } finally {
    await running.stop();
  }
}

async function labelsOf(running: Recycled, texts: readonly string[]): Promise<string[]> {
  const labels: string[] = [];
  for (const text of texts) {
    // One for each: some close it after every reply.
    const connection = await HttpConnection.open(running.address);
    const { status, body } = await connection.post(running.path, JSON.stringify({ text, ...running.extraFields }));
    connection.close();
    if (status !== 200) throw new Error(`a text got ${status}: ${body.toString()}`);
    labels.push(running.labelOf(JSON.parse(body.toString())));
  }
  return labels;
}

/** @returns what the clients say, and since the warm-up: CPU time, and workers replaced until then. */
async function load(running: Recycled, { textsFile, warmUpTexts, isCalm }: Plan, signal: AbortSignal) {
  const { address, path, extraFields } = running;
  const pids = isCalm ? running.processes().map(({ pid }) => pid) : undefined;
  let meter: CpuMeter | undefined;
  let cpu: CpuUsage | undefined;
  let before = Promise.resolve(0);
  const watcher = {
    onStart: (loadPid: number): void => {
      meter = pids && new CpuMeter(pids, [loadPid]);
      before = running.recycled();
    },
    onEnd: () => (cpu = meter?.read()),
  };
  const files = { textsFile, warmUpTexts, warmUpSeconds: 0, seconds: null };
  const report = await runLoad({ address, path, extraFields, clients: CLIENTS, ...files }, watcher, signal);
  return { report, cpu, before };
}

async function mostWeight(running: Recycled, over: AbortSignal): Promise<number> {
  let most = 0;
  do {
    await delay(WEIGHED_EVERY_MS, undefined, { signal: over }).catch(() => undefined);
    most = Math.max(most, await weightOf(running));
  } while (!over.aborted);
  return most;
}

async function weightOf(running: Recycled, tries = WEIGHED_AGAIN): Promise<number> {
  try {
    const processes = await memoryOf(running.processes());
    return processes.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
  } catch (error) {
    if (tries === 0) throw error;
    return weightOf(running, tries - 1);
  }
}
