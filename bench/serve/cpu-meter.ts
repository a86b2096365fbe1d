import { cpuSecondsOf, machineCpu } from "../../src/lib/perf/watch/cpu-time.ts";

/** Over a stretch of time; 100 % is one core. */
export interface CpuUsage {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly cpuPercent: number;
  /** Of the process that asks. */
  readonly clientsPercent: number;
  /** Of whatever else ran on the machine: above a few percent the figures beside it are doubtful. */
  readonly othersPercent: number;
  /** Taken by the host. */
  readonly stolenPercent: number;
}

interface Reading {
  readonly at: number;
  readonly measured: number;
  readonly clients: number;
  readonly busy: number;
  readonly stolen: number;
}

/** Counts from its making to `read`. */
export class CpuMeter {
  readonly #pids: readonly number[];
  readonly #clientPids: readonly number[];
  readonly #from: Reading;

  /** @param pids that are measured. @param clientPids of whoever asks them. */
  constructor(pids: readonly number[], clientPids: readonly number[] = []) {
    this.#pids = pids;
    this.#clientPids = clientPids;
    this.#from = this.#now();
  }

  read(): CpuUsage {
    const from = this.#from;
    const to = this.#now();
    const seconds = to.at - from.at;
    const cpuSeconds = to.measured - from.measured;
    const clients = to.clients - from.clients;
    const percent = (cpu: number): number => (100 * cpu) / seconds;
    return {
      seconds,
      cpuSeconds,
      cpuPercent: percent(cpuSeconds),
      clientsPercent: percent(clients),
      othersPercent: percent(to.busy - from.busy - cpuSeconds - clients),
      stolenPercent: percent(to.stolen - from.stolen),
    };
  }

  #now(): Reading {
    const measured = sumOf(this.#pids);
    const clients = sumOf(this.#clientPids);
    const machine = machineCpu();
    const [busy, stolen] = [machine?.busySeconds ?? NaN, machine?.stolenSeconds ?? NaN];
    return { at: performance.now() / 1000, measured, clients, busy, stolen };
  }
}

/** @throws where one of them has ended: its time would be missing. */
function sumOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const seconds = cpuSecondsOf(pid);
    if (seconds === null) throw new Error(`process ${pid} has ended`);
    return sum + seconds;
  }, 0);
}
