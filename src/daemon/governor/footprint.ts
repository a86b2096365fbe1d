import type { FitVerdict } from "../policy/fit.ts";
import { judgeFit } from "../policy/fit.ts";
import type { Sample } from "./ports.ts";

/** What one worker of a model takes: the most that was seen, or an estimate before the first. */
export class Footprint {
  readonly #estimateBytes: number;
  #anonymousBytes = 0;
  #pssBytes = 0;

  constructor(estimateBytes: number) {
    this.#estimateBytes = estimateBytes;
  }

  observe({ processes }: Sample): void {
    for (const { role, rssBytes, mappedBytes, pssBytes } of processes) {
      if (role !== "worker") continue;
      this.#anonymousBytes = Math.max(this.#anonymousBytes, rssBytes - mappedBytes);
      this.#pssBytes = Math.max(this.#pssBytes, pssBytes);
    }
  }

  /**
   * Bytes by which one more worker raises the reading. Held against the machine or a cgroup only pages that no file
   * backs count, since mapped weights can be dropped; a limit of our own is held against the processes' PSS.
   */
  bytesFor(source: Sample["source"]): number {
    return (source === "setting" ? this.#pssBytes : this.#anonymousBytes) || this.#estimateBytes;
  }

  /** Whether `workers` more stay below the ceiling. */
  judge(workers: number, sample: Sample, ceiling: number): FitVerdict {
    return judgeFit(workers * this.bytesFor(sample.source), { ...sample, ceiling });
  }
}
