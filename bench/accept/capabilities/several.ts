import { setTimeout as delay } from "node:timers/promises";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import type { Capability, Line } from "../record.ts";
import { quantile, round } from "../statistics.ts";
import { beside } from "./several/beside.ts";
import { evictions } from "./several/evictions.ts";
import { callModels, ceilingOf, stageOf } from "./several/stage.ts";
import { together } from "./several/together.ts";
import type { Called, Stage } from "./several/stage.ts";

const CLIENTS = 20;
const minutes = Number(process.env["SEVERAL_MINUTES"] ?? 10);
const DURATION_MS = minutes * 60_000;

/** Models that don't fit together, in a cgroup whose limit is the machine's. */
export const several: Capability = {
  name: "several",
  summary:
    "Several models in one measured budget: five of which two fit, two that alternate, cold starts, three asked in one call, kills, memory after evictions, one beside a busy one",
  parts: [
    { name: "zipf", run: (say) => staged(5, 2, say, zipf) },
    { name: "alternating", run: (say) => staged(2, 1, say, alternates) },
    { name: "cold", run: (say) => staged(4, 4, say, coldStarts) },
    { name: "together", run: together },
    { name: "kills", run: (say) => staged(4, 2, say, survivesKills) },
    { name: "evictions", run: (say) => evictions(say, Math.round(50 * minutes)) },
    { name: "beside", run: (say) => beside(say, Math.round(12 * minutes)) },
  ],
};

type Part = (stage: Stage, say: (progress: string) => void) => AsyncGenerator<Line>;

async function* staged(count: number, fitting: number, say: (progress: string) => void, part: Part) {
  say("preparing the models");
  const stage = await stageOf(count, fitting);
  try {
    yield* part(stage, say);
  } finally {
    await stage.close();
  }
}

async function* zipf(stage: Stage, say: (progress: string) => void): AsyncGenerator<Line> {
  say(`${stage.names.length} models by Zipf's law, ${minutes} minutes`);
  const weights = stage.names.map((_, at) => 1 / (at + 1));
  const watch = watchMemory(stage);
  const before = await loadsOf(stage);
  const called = await callModels(stage, CLIENTS, DURATION_MS, (call) => pick(stage.names, weights, call));
  yield* served(called);
  yield line(
    "most memory that the kernel counted, share of the ceiling",
    round(await watch.stop(), 3),
    "at most 1",
    (share) => share <= 1,
  );
  const loads = (await loadsOf(stage)) - before;
  const offline = offlineLoads(called.trace, 2);
  yield record("loads of an offline least-recently-used over the same calls", offline);
  yield line("loads", loads, "at most 1.2 times those", (count) => count <= 1.2 * offline);
}

async function* alternates(stage: Stage, say: (progress: string) => void): AsyncGenerator<Line> {
  say(`two models call by call, ${minutes} minutes`);
  const before = await loadsOf(stage);
  const secondsBefore = await loadSecondsOf(stage);
  const from = performance.now();
  const called = await callModels(stage, CLIENTS, DURATION_MS, (call) => stage.names[call % 2]!);
  const tookSeconds = (performance.now() - from) / 1000;
  yield* served(called);
  const loads = (await loadsOf(stage)) - before;
  const seconds = (await loadSecondsOf(stage)) - secondsBefore;
  yield record("loads", loads);
  yield record("a load took, s", round(seconds / loads));
  yield line(
    "share of the time that went to loading",
    round(seconds / tookSeconds, 3),
    "at most 0.15",
    (share) => share <= 0.15,
  );
}

async function* coldStarts(stage: Stage, say: (progress: string) => void): AsyncGenerator<Line> {
  say("100 first calls of each of 4 models at once");
  const before = await loadsOf(stage);
  const called = await callModels(stage, 400, 1, (call) => stage.names[call % 4]!);
  yield* served(called);
  yield line("loads", (await loadsOf(stage)) - before, "4", (loads) => loads === 4);
}

const KILLS = Math.round(30 * minutes);

async function* survivesKills(stage: Stage, say: (progress: string) => void): AsyncGenerator<Line> {
  say(`${KILLS} workers killed while four models of which two fit are asked`);
  let killed = 0;
  const workers = new Set(await workerPids(stage));
  /** The daemon, and what looks at the models' folders for it. */
  const usual = new Set(stage.cgroup.pids.filter((pid) => !workers.has(pid)));
  // One in the time of a load: more would leave no load to come to its end.
  const loadMs = (1000 * (await loadSecondsOf(stage))) / (await loadsOf(stage));
  const calling = callModels(stage, CLIENTS, KILLS * loadMs, (call) => stage.names[(call * 7) % 4]!);
  while (killed < KILLS) {
    const pids = await workerPids(stage);
    const pid = pids[Math.floor(Math.random() * pids.length)];
    if (pid !== undefined && tryKill(pid)) killed += 1;
    await delay(Math.random() * 2 * loadMs);
  }
  const called = await calling;
  yield record("workers killed", killed);
  yield* served(called);
  await delay(2000);
  for (const name of stage.names) await stage.daemon.json("POST", `/api/models/${name}/load/?wait=true`);
  yield record("each model loads afterwards", "yes");
  const known = new Set(await workerPids(stage));
  const orphans = stage.cgroup.pids.filter((pid) => !usual.has(pid) && !known.has(pid));
  yield line("processes of the daemon's that it does not know of", orphans.length, "0", (count) => count === 0);
}

function* served({ trace, failures, wrong, latenciesMs }: Called): Generator<Line> {
  yield record("calls", trace.length);
  const told = failures.length === 0 ? "0" : `${failures.length}: ${[...new Set(failures)].slice(0, 3).join("; ")}`;
  yield { what: "calls that failed", measured: told, target: "0", pass: failures.length === 0 };
  yield line("answers by another model than asked", wrong, "0", (count) => count === 0);
  yield record("p99, ms", round(quantile(latenciesMs, 0.99), 1));
}

function line(what: string, measured: number, target: string, pass: (measured: number) => boolean): Line {
  return { what, measured, target, pass: pass(measured) };
}

function record(what: string, measured: number | string): Line {
  return { what, measured, target: "for the record", pass: true };
}

/** By a sequence that is the same each time. */
function pick(names: readonly string[], weights: readonly number[], call: number): string {
  const sum = weights.reduce((all, one) => all + one, 0);
  let at = (((call * 2_654_435_761) >>> 0) / 2 ** 32) * sum;
  for (const [index, weight] of weights.entries()) if ((at -= weight) < 0) return names[index]!;
  return names[0]!;
}

/** With room for so many, and all the time in the world. */
function offlineLoads(trace: readonly string[], room: number): number {
  const resident: string[] = [];
  let loads = 0;
  for (const name of trace) {
    const at = resident.indexOf(name);
    if (at >= 0) resident.splice(at, 1);
    else loads += 1;
    resident.push(name);
    if (resident.length > room) resident.shift();
  }
  return loads;
}

async function loadsOf(stage: Stage): Promise<number> {
  return (await stage.rows()).reduce((sum, { loads }) => sum + loads, 0);
}

async function loadSecondsOf(stage: Stage): Promise<number> {
  return (await stage.rows()).reduce((sum, { loadSeconds }) => sum + loadSeconds, 0);
}

/** The kernel's own count, four times a second. */
function watchMemory(stage: Stage): { stop(): Promise<number> } {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, stage.cgroup.usedBytes / ceilingOf(stage))), 250);
  return {
    stop: async () => {
      clearInterval(timer);
      return most;
    },
  };
}

async function workerPids({ daemon }: Stage): Promise<number[]> {
  const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
  return workers.flatMap(({ pid }) => (pid === null ? [] : [pid]));
}

function tryKill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
