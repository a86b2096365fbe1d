import type { WorkerStatus } from "../../lib/protocol/process.ts";
import { BATCH_LIMITS } from "../policy/batch.ts";

/** How long the batches were that one process has run. */
export class BatchTally {
  readonly #bySize = new Array<number>(BATCH_LIMITS.maxTexts).fill(0);
  #count = 0;
  #tokens = 0;
  #computeMs = 0;

  add(texts: number, tokens: number, computeMs: number): void {
    const at = Math.min(texts, this.#bySize.length) - 1;
    this.#bySize[at] = (this.#bySize[at] ?? 0) + 1;
    this.#count += 1;
    this.#tokens += tokens;
    this.#computeMs += computeMs;
  }

  report(): NonNullable<WorkerStatus["batches"]> {
    const mean = (sum: number): number => (this.#count === 0 ? 0 : Math.round((sum / this.#count) * 100) / 100);
    return { bySize: [...this.#bySize], meanTokens: mean(this.#tokens), meanMs: mean(this.#computeMs) };
  }
}
