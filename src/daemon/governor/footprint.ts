import type { FitVerdict, Load } from "../policy/fit.ts";
import { judgeFit } from "../policy/fit.ts";
import type { Sample } from "./ports.ts";

/** Workers that a model wants, as far as memory is concerned. */
export interface Wanted {
  readonly footprint: Footprint;
  /** One of them serves by now: they are surplus, and the weights are there. */
  readonly serving: boolean;
  /** To workers of other models that are on their way. */
  readonly promisedBytes: number;
}

/** More workers of a model, and whether one that serves has mapped its weights already. */
export interface Demand {
  readonly workers: number;
  readonly mapped: boolean;
}

/** What the workers of one model take: the most that was seen, or an estimate before the first. */
export class Footprint {
  readonly #estimate: () => Load;
  #seen: Load | undefined;

  /**
   * @param estimate asked anew each time: that workers share no weights turns out when the first one loads.
   * @param seen in an earlier run.
   */
  constructor(estimate: () => Load, seen?: Load) {
    this.#estimate = estimate;
    this.#seen = seen;
  }

  /** The most that was measured; undefined before the first. */
  get seen(): Load | undefined {
    return this.#seen;
  }

  /** @param pids of this model's workers, those that serve: one that still loads takes less than it will. */
  observe({ processes }: Sample, pids: readonly number[]): void {
    const own = processes.filter(({ pid }) => pids.includes(pid));
    if (own.length === 0) return;
    const anonymous = own.map(({ rssBytes, mappedBytes }) => rssBytes - mappedBytes);
    const shared = own.reduce((sum, { pssBytes }, index) => sum + pssBytes - (anonymous[index] ?? 0), 0);
    this.#seen = {
      anonymousBytes: Math.max(this.#seen?.anonymousBytes ?? 0, ...anonymous),
      sharedBytes: Math.max(this.#seen?.sharedBytes ?? 0, shared),
    };
  }

  /**
   * Bytes by which so many more workers raise the reading. Held against the machine or a cgroup only pages that no file
   * backs count, since mapped weights can be dropped; a limit of our own is held against the processes' PSS, and there
   * the first worker brings the weights with it.
   */
  bytesFor({ workers, mapped }: Demand, source: Sample["source"]): number {
    const { anonymousBytes, sharedBytes } = this.#seen ?? this.#estimate();
    return workers * anonymousBytes + (source === "setting" && !mapped ? sharedBytes : 0);
  }

  /** Whether so many more stay below the ceiling. */
  judge(demand: Demand, sample: Sample, ceiling: number): FitVerdict {
    return judgeFit(this.bytesFor(demand, sample.source), { ...sample, ceiling });
  }
}
