import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { evaluateIn } from "../memory/inspector.ts";

export interface Stall {
  /** The longest time between two turns of the event loop, in ms, beside the millisecond that they were to be apart. */
  readonly wallMs: number;
  /** The most CPU that its thread took between two turns, in ms: on a busy machine the wall clock counts others' time too. */
  readonly cpuMs: number;
}

const PROBE = `globalThis.stall ??= (() => {
  const most = { wallMs: 0, cpuMs: 0 };
  let [at, cpu] = [performance.now(), process.threadCpuUsage()];
  setInterval(() => {
    const took = process.threadCpuUsage(cpu);
    most.wallMs = Math.max(most.wallMs, performance.now() - at - 1);
    most.cpuMs = Math.max(most.cpuMs, (took.user + took.system) / 1000);
    [at, cpu] = [performance.now(), process.threadCpuUsage()];
  }, 1).unref();
  return most;
})()`;

/** Begins to measure, or begins anew. */
export async function watchTurns(daemon: PrivateDaemon): Promise<void> {
  await evaluateIn(daemon, `void Object.assign(${PROBE}, { wallMs: 0, cpuMs: 0 })`);
}

/** Since then; asking for it takes a turn of its own, which is not long. */
export async function longestTurn(daemon: PrivateDaemon): Promise<Stall> {
  return JSON.parse(String(await evaluateIn(daemon, "JSON.stringify(stall)"))) as Stall;
}
