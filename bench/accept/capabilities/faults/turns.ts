import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { evaluateIn } from "../memory/inspector.ts";

/** The longest turns of the event loop since they were asked for last, in ms. */
export interface Turns {
  /** By the clock, beside the millisecond that they were to be apart. */
  readonly wallMs: number;
  /** The same without the time in which the thread was ready and others had the processor. */
  readonly ownMs: number;
  /** What the longest of these computed: the rest of it waited for the kernel. */
  readonly cpuMs: number;
  /** The longest pause of the collector. */
  readonly gcMs: number;
}

/**
 * As stall/probe.ts, with what the kernel says of the thread: run delay is the second figure of schedstat, in ns
 * (Documentation/scheduler/sched-stats.rst). A machine whose two cores are all in use takes turns for longer than
 * anything that the daemon does.
 */
const PROBE = `globalThis.turns ??= (() => {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const { PerformanceObserver } = process.getBuiltinModule("node:perf_hooks");
  const waitedMs = () => Number(readFileSync("/proc/self/task/" + process.pid + "/schedstat", "latin1").split(" ")[1]) / 1e6;
  const cpuMs = () => { const { user, system } = process.threadCpuUsage(); return (user + system) / 1000; };
  const most = { wallMs: 0, ownMs: 0, cpuMs: 0, gcMs: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) most.gcMs = Math.max(most.gcMs, duration);
  }).observe({ type: "gc" });
  let [at, waited, cpu] = [performance.now(), waitedMs(), cpuMs()];
  setInterval(() => {
    const wallMs = performance.now() - at - 1;
    const ownMs = wallMs - (waitedMs() - waited);
    most.wallMs = Math.max(most.wallMs, wallMs);
    if (ownMs > most.ownMs) Object.assign(most, { ownMs, cpuMs: cpuMs() - cpu });
    [at, waited, cpu] = [performance.now(), waitedMs(), cpuMs()];
  }, 1).unref();
  return most;
})()`;

/** @returns those since the last call; of the first call none. */
export async function takeTurns(daemon: PrivateDaemon): Promise<Turns> {
  const taken = `(() => { const most = ${PROBE}; const told = JSON.stringify(most); for (const name of Object.keys(most)) most[name] = 0; return told; })()`;
  return JSON.parse(String(await evaluateIn(daemon, taken))) as Turns;
}
