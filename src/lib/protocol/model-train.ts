import type { Evaluated } from "./model-eval.ts";

/** What `combot model train` made. */
export interface TrainReport {
  readonly dir: string;
  readonly name: string;
  readonly seed: number;
  readonly texts: number;
  readonly labels: number;
  readonly modelBytes: number;
  /** Of the files together: the same for the same rows, seed and version. */
  readonly sha256: string;
  readonly remarks: readonly string[];
  readonly seconds: number;
  /** Of texts each scored by a model that had not seen it. */
  readonly unseen: Omit<Evaluated, "model" | "temperature" | "truncated" | "cost">;
}
