import type { MeasuredModel, PlanMachine, PlanPolicy } from "../../lib/protocol/plan.ts";
import { anonymousOf } from "../governor/ports.ts";
import type { MemoryMeter, Sample, SampledProcess } from "../governor/ports.ts";
import { DAEMON_BYTES } from "./daemon-costs.ts";
import type { Worker } from "./worker.ts";

export interface MeterOptions {
  readonly machine: PlanMachine;
  readonly limitBytes: PlanPolicy["memoryLimitBytes"];
  readonly model: MeasuredModel["memory"];
  readonly workers: () => readonly Worker[];
  readonly cacheBytes: () => number;
  readonly now: () => number;
}

const DAEMON_PID = 1;

/** What the processes take, worked out from what was measured of each. */
export class SimulatedMeter implements MemoryMeter {
  readonly #options: MeterOptions;

  constructor(options: MeterOptions) {
    this.#options = options;
  }

  async measure(): Promise<Sample> {
    return this.read();
  }

  async sample(): Promise<Sample> {
    return this.read();
  }

  read(): Sample {
    const { machine, limitBytes, workers, now } = this.#options;
    const running = workers();
    const processes = [this.#daemon(running.length), ...running.map((worker) => this.#worker(worker, running.length))];
    const pssBytes = processes.reduce((sum, one) => sum + one.pssBytes, 0);
    const anonymous = anonymousOf(processes);
    const [usedBytes, limit] =
      limitBytes === null ? [machine.besideBytes + anonymous, machine.memoryBytes] : [pssBytes, limitBytes];
    return {
      atMs: now(),
      usage: usedBytes / limit,
      usedBytes,
      limitBytes: limit,
      source: limitBytes === null ? "system" : "setting",
      pressure: null,
      processes,
    };
  }

  /** @param workers that map the same program. */
  #daemon(workers: number): SampledProcess {
    const anonymous = DAEMON_BYTES + this.#options.cacheBytes();
    const { programBytes } = this.#options.model;
    return processOf("daemon", DAEMON_PID, anonymous, programBytes, programBytes / (workers + 1));
  }

  #worker({ pid, state, requests, batches }: Worker, count: number): SampledProcess {
    const { loadedBytes, servingBytes, sharedBytes, programBytes } = this.#options.model;
    const hasRun = requests > 0 || batches > 0;
    // Midway, where it is still loading: it grows until it serves.
    const anonymous = state === "starting" ? loadedBytes / 2 : hasRun ? servingBytes : loadedBytes;
    return processOf(
      "worker",
      pid,
      anonymous,
      programBytes + sharedBytes,
      programBytes / (count + 1) + sharedBytes / count,
    );
  }
}

function processOf(
  role: SampledProcess["role"],
  pid: number,
  anonymousBytes: number,
  mappedBytes: number,
  shareBytes: number,
): SampledProcess {
  const rssBytes = anonymousBytes + mappedBytes;
  return { role, pid, rssBytes, pssBytes: anonymousBytes + shareBytes, privateBytes: anonymousBytes, mappedBytes };
}
