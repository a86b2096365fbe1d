import { CombotError } from "../../errors.ts";
import type { Client } from "../../client.ts";
import type { Decision } from "../../protocol/decisions.ts";
import type { Sample } from "../../protocol/events.ts";
import { CpuMeter } from "./cpu-meter.ts";
import type { CpuReading } from "./cpu-meter.ts";
import { hangLimitMs } from "../../slowness.ts";

export interface WatchedSample {
  /** Of the clock given. */
  readonly atMs: number;
  readonly sample: Sample;
  readonly cpu: CpuReading;
}

export interface WatchedDecision {
  readonly atMs: number;
  readonly decision: Decision;
}

const FIRST_SAMPLE_MS = hangLimitMs(3000);

/**
 * Follows the daemon's samples and decisions while a load runs, and reads the CPU time of its processes from the kernel
 * beside each sample: combot-perf and the daemon are on one machine, or there is no socket to follow.
 */
export class DaemonWatch {
  readonly samples: WatchedSample[] = [];
  readonly decisions: WatchedDecision[] = [];
  readonly #client: Client;
  readonly #now: () => number;
  readonly #meter: CpuMeter;
  readonly #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #closedBecause: string | undefined;

  constructor(client: Client, now: () => number, cores: number) {
    this.#client = client;
    this.#now = now;
    this.#meter = new CpuMeter(now, cores);
  }

  /** Why nothing is seen of the daemon, if so: the control socket is closed to us, or not there. */
  get closedBecause(): string | undefined {
    return this.#closedBecause;
  }

  /** Resolves with the first sample, or when it is certain that none comes. */
  async start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#ended = this.#follow(first.resolve).finally(first.resolve);
    const timer = setTimeout(first.resolve, FIRST_SAMPLE_MS);
    await first.promise;
    clearTimeout(timer);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #follow(onFirst: () => void): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const event of this.#client.events({ signal, reconnect: true, absenceMs: 0 })) {
        const atMs = this.#now();
        if (event.event === "decision") this.decisions.push({ atMs, decision: event.data });
        else if (event.event === "sample") this.#keep(atMs, event.data);
        onFirst();
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof CombotError)) throw thrown;
      this.#closedBecause = thrown.message;
    }
  }

  #keep(atMs: number, sample: Sample): void {
    const cpu = this.#meter.read(sample.memory.processes.map(({ pid }) => pid));
    this.samples.push({ atMs, sample, cpu });
  }
}
