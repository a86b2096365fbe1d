import type { CombotError } from "../../lib/errors.ts";
import type { BatchFate } from "../policy/poison.ts";

/** One text, as the pool needs it. */
export interface Work {
  readonly ids: Int32Array;
  /** Of each token; undefined where all are 0. */
  readonly types: Int32Array | undefined;
  readonly tokens: number;
  readonly user: string | undefined;
}

/** Where batches come from and answers go: the queue, seen from the pool. */
export interface WorkSource {
  readonly waiting: number;
  /** Of these, the ones that stand behind nobody. */
  readonly interactive: number;
  /** Somebody waits whom other models' batch texts must not keep waiting. */
  readonly isPressing: boolean;
  /** How long the oldest has waited, in ms; 0 where none waits. */
  readonly oldestMs: number;
  take(): Work[];
  answer(work: Work, logits: Float32Array, timing: { startedAtMs: number; computeMs: number; worker: number }): void;
  putBack(batch: readonly Work[], fate: BatchFate, detail: string): readonly Work[];
  failWaiting(error: CombotError): void;
}
