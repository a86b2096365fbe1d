import type { Batching } from "../policy/batch.ts";

/** The file that a worker loads. */
export interface LoadableFile {
  readonly modelPath: string;
  /** Already optimised and packed: its weights are mapped and shared. */
  readonly prepared: boolean;
}

/** What a throw-away process found when it asked a model's files some dozens of texts, alone and in batches. */
export interface Trial {
  /** The prepared file serves. */
  readonly prepared: boolean;
  /** Why the plain file does, where it was to be prepared. */
  readonly reason: string | undefined;
  readonly batching: Batching;
  /** What the numbers look like that the graph gives. */
  readonly output: "logits" | "softmax" | "sigmoid";
  /** Texts to which the plain file gave another label in a batch than alone, of `texts`. */
  readonly labelShifts: number;
  /** How far its logits moved at most between the two. */
  readonly batchShift: number;
  readonly texts: number;
}
