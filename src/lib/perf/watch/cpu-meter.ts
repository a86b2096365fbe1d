import { cpuSecondsOf, machineCpu, stallSeconds } from "./cpu-time.ts";
import type { MachineCpu, StallSeconds } from "./cpu-time.ts";

/** Shares, 0 to 1, of the time since the last reading; of all cores where it is CPU. Null where the kernel doesn't tell. */
export interface CpuReading {
  readonly treeCpu: number | null;
  readonly machineCpu: number | null;
  readonly steal: number | null;
  readonly pressure: StallSeconds;
}

interface Counters {
  readonly atMs: number;
  readonly byPid: ReadonlyMap<number, number>;
  readonly machine: MachineCpu | null;
  readonly stalls: StallSeconds;
}

/** Tells what was spent from one reading to the next. */
export class CpuMeter {
  readonly #now: () => number;
  readonly #cores: number;
  #last: Counters;

  /** @param now a clock that never goes back, in ms. */
  constructor(now: () => number, cores: number, pids: readonly number[] = []) {
    this.#now = now;
    this.#cores = cores;
    this.#last = this.#count(pids);
  }

  /** @param pids of the processes to measure: those that are new count from their birth. */
  read(pids: readonly number[]): CpuReading {
    const [from, to] = [this.#last, this.#count(pids)];
    this.#last = to;
    const seconds = (to.atMs - from.atMs) / 1000;
    const spent = [...to.byPid].reduce((sum, [pid, cpu]) => sum + cpu - (from.byPid.get(pid) ?? 0), 0);
    const total = to.machine && from.machine ? to.machine.totalSeconds - from.machine.totalSeconds : 0;
    const ofMachine = (name: "busySeconds" | "stolenSeconds"): number | null =>
      total > 0 ? (to.machine![name] - from.machine![name]) / total : null;
    const stalled = (name: keyof StallSeconds): number | null => {
      const [before, after] = [from.stalls[name], to.stalls[name]];
      return before === null || after === null || seconds <= 0 ? null : Math.min(1, (after - before) / seconds);
    };
    return {
      treeCpu: to.byPid.size > 0 && seconds > 0 ? spent / seconds / this.#cores : null,
      machineCpu: ofMachine("busySeconds"),
      steal: ofMachine("stolenSeconds"),
      pressure: { cpu: stalled("cpu"), memory: stalled("memory"), io: stalled("io") },
    };
  }

  #count(pids: readonly number[]): Counters {
    const times = pids.map((pid) => [pid, cpuSecondsOf(pid)] as const);
    const byPid = new Map(times.filter((entry): entry is readonly [number, number] => entry[1] !== null));
    return { atMs: this.#now(), byPid, machine: machineCpu(), stalls: stallSeconds() };
  }
}
