import type { ModelMessage } from "../../lib/protocol/worker-channel.ts";
import type { Batching } from "../policy/batch.ts";
import type { TextTokens } from "../workers/texts.ts";

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
  /** Texts to which the plain file gave another label in a batch, of those it is served with, than alone; of `texts`. */
  readonly labelShifts: number;
  /** How far its numbers moved at most between the two. */
  readonly batchShift: number;
  readonly texts: number;
}

/** What a trial has to know of a model beside its file. */
export interface TrialModel extends ModelMessage {
  readonly threads: number;
  /** The most tokens of a text. */
  readonly windowTokens: number;
  /** Ids that the tokenizer knows, from 0 on. */
  readonly vocabulary: number;
  /** Nobody waits for it: its processes take what the processors have left. */
  readonly isSpare?: boolean;
  readonly encode: (text: string) => TextTokens | Promise<TextTokens>;
}
