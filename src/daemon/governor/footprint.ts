import type { FitVerdict, Load } from "../policy/fit.ts";
import { judgeFit } from "../policy/fit.ts";
import { tightestOf } from "./ports.ts";
import type { Sample } from "./ports.ts";

/** Workers that a model wants, as far as memory is concerned. */
export interface Wanted {
  readonly footprint: Footprint;
  /** One of them serves by now: they are surplus, and the weights are there. */
  readonly serving: boolean;
  /** To workers of other models that are on their way. */
  readonly promisedBytes: number;
  /** How many of those that are wanted load at the same time; all where left out. */
  readonly loading?: number;
  /** No other model has workers: nobody can make room for its first one. */
  readonly alone: boolean;
  /** A worker of it has ended to make room for its replacement. */
  readonly replaces: boolean;
}

/** More workers of a model, and whether one that serves has mapped its weights already. */
export interface Demand {
  readonly workers: number;
  readonly mapped: boolean;
  /** Of these, those that load at the same time; none where left out. */
  readonly loading?: number;
}

/** What was measured; what a load takes at its most is missing where no load was seen. */
export type SeenLoad = Omit<Load, "loadBytes"> & { readonly loadBytes?: number | undefined };

/** What the workers of one model take: the most that was seen, or an estimate before the first. */
export class Footprint {
  readonly #estimate: () => Load;
  #seen: SeenLoad | undefined;
  /** Of loads, which end before those that serve are seen. */
  #loadBytes: number | undefined;
  /** What a load had when it was given up, and more. */
  #expectedBytes = 0;

  /**
   * @param estimate asked anew each time: that workers share no weights turns out when the first one loads.
   * @param seen in an earlier run.
   */
  constructor(estimate: () => Load, seen?: SeenLoad) {
    this.#estimate = estimate;
    this.#seen = seen;
    this.#loadBytes = seen?.loadBytes;
  }

  /** The most that was measured; undefined before the first. */
  get seen(): SeenLoad | undefined {
    return this.#seen && { ...this.#seen, ...(this.#loadBytes !== undefined && { loadBytes: this.#loadBytes }) };
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

  /** A worker has come to serve, and had so much at its most. */
  observeLoad(peakBytes: number): void {
    this.#loadBytes = Math.max(this.#loadBytes ?? 0, peakBytes);
    this.#expectedBytes = 0;
  }

  /** A load was given up, which would have taken at least so much. Forgotten with the first that comes to its end. */
  expectLoad(bytes: number): void {
    this.#expectedBytes = Math.max(this.#expectedBytes, bytes);
  }

  /**
   * Bytes by which so many more workers raise the reading. Held against the machine or a cgroup only pages that no file
   * backs count, since mapped weights can be dropped; a limit of our own is held against the processes' PSS, and there
   * the first worker brings the weights with it.
   */
  bytesFor({ workers, mapped, loading = 0 }: Demand, source: Sample["source"]): number {
    const { anonymousBytes, loadBytes, sharedBytes } = this.#load();
    const atRest = (workers - loading) * anonymousBytes;
    return atRest + loading * loadBytes + (source === "setting" && !mapped ? sharedBytes : 0);
  }

  /** Whether so many more stay below the ceiling. */
  judge(demand: Demand, sample: Sample, ceiling: number): FitVerdict {
    return judgeFit(this.bytesFor(demand, sample.source), { ...tightestOf(sample, ceiling), ceiling });
  }

  #load(): Load {
    const estimate = this.#estimate();
    const { anonymousBytes, sharedBytes } = this.#seen ?? estimate;
    const loadBytes = this.#loadBytes ?? estimate.loadBytes;
    return { anonymousBytes, sharedBytes, loadBytes: Math.max(loadBytes, anonymousBytes, this.#expectedBytes) };
  }
}
