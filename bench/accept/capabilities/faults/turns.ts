import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { evaluateIn } from "../memory/inspector.ts";

/** The longest turns of the event loop since they were asked for last. */
export interface Turns {
  /** By the clock, in ms, beside the millisecond that they were to be apart. */
  readonly wallMs: number;
  /** The same without the time in which the thread was ready and others had the processor. */
  readonly ownMs: number;
}

/**
 * As stall/probe.ts, with what the kernel says of the thread: run delay is the second figure of schedstat, in ns
 * (Documentation/scheduler/sched-stats.rst). A machine whose two cores are all in use takes turns for longer than
 * anything that the daemon does.
 */
const PROBE = `globalThis.turns ??= (() => {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const waitedMs = () => Number(readFileSync("/proc/self/task/" + process.pid + "/schedstat", "latin1").split(" ")[1]) / 1e6;
  const most = { wallMs: 0, ownMs: 0 };
  let [at, waited] = [performance.now(), waitedMs()];
  setInterval(() => {
    const wall = performance.now() - at - 1;
    const now = waitedMs();
    most.wallMs = Math.max(most.wallMs, wall);
    most.ownMs = Math.max(most.ownMs, wall - (now - waited));
    [at, waited] = [performance.now(), now];
  }, 1).unref();
  return most;
})()`;

/** @returns those since the last call; of the first call none. */
export async function takeTurns(daemon: PrivateDaemon): Promise<Turns> {
  const taken = `(() => { const most = ${PROBE}; const told = JSON.stringify(most); most.wallMs = most.ownMs = 0; return told; })()`;
  return JSON.parse(String(await evaluateIn(daemon, taken))) as Turns;
}
