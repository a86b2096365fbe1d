import type { GovernedWorker, MemoryMeter, Sample, SampledProcess } from "../../../../src/daemon/governor/ports.ts";
import { GIB, MIB } from "../../../../src/lib/units.ts";

/** What the machine is like at a moment; shares of its memory. */
export interface MachineState {
  /** What everything but the workers takes. */
  readonly others: number;
  /** Anonymous memory of one worker. */
  readonly worker: number;
  /** The same for one that has replaced another; like `worker` where it is left out. */
  readonly fresh?: number | undefined;
  /** The reading as it was recorded, whatever the workers do; else the sum of the above. */
  readonly usage?: number | undefined;
  /** Pressure: some avg10, percent. */
  readonly stalls?: number | undefined;
}

export interface ScriptedMeterOptions {
  readonly now: () => number;
  readonly workers: () => readonly (GovernedWorker & { readonly replaced: boolean })[];
}

const LIMIT_BYTES = 8 * GIB;
/** Resident file pages of each process: the runtime, and the weights that workers share. */
const MAPPED_BYTES = 50 * MIB;

/** Reads the machine that the test has set, with the workers that run in it. */
export class ScriptedMeter implements MemoryMeter {
  readonly #options: ScriptedMeterOptions;
  state: MachineState = { others: 0.3, worker: 0.1 };
  source: Sample["source"] = "system";
  readings = 0;
  /** What every reading fails with. */
  failure: Error | undefined;
  /** Called before each exact reading. */
  onMeasure: () => void = () => undefined;

  constructor(options: ScriptedMeterOptions) {
    this.#options = options;
  }

  async sample(): Promise<Sample> {
    this.readings += 1;
    if (this.failure) throw this.failure;
    const { others, worker, fresh = worker, stalls } = this.state;
    const workers = this.#options.workers().map(({ pid, replaced }) => ({ pid, share: replaced ? fresh : worker }));
    const usage = this.state.usage ?? others + workers.reduce((sum, { share }) => sum + share, 0);
    return {
      atMs: this.#options.now(),
      usage,
      usedBytes: usage * LIMIT_BYTES,
      limitBytes: LIMIT_BYTES,
      source: this.source,
      pressure: stalls === undefined ? null : { some10: stalls, full10: 0 },
      processes: [
        processOf("daemon", 1, 30 * MIB),
        ...workers.map(({ pid, share }) => processOf("worker", pid, Math.round(share * LIMIT_BYTES))),
      ],
    };
  }

  async measure(): Promise<Sample> {
    this.onMeasure();
    return this.sample();
  }
}

function processOf(role: SampledProcess["role"], pid: number, anonymousBytes: number): SampledProcess {
  const rssBytes = anonymousBytes + MAPPED_BYTES;
  const mappedBytes = MAPPED_BYTES;
  return {
    role,
    pid,
    rssBytes,
    pssBytes: anonymousBytes + MAPPED_BYTES / 2,
    privateBytes: anonymousBytes,
    mappedBytes,
  };
}
