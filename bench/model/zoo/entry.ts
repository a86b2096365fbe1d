import type { Graph } from "../../../src/lib/onnx/graph.ts";
import type { ModelOptions } from "../../../src/lib/onnx/model.ts";
import type { TokenFamily } from "./tokens.ts";

/** A graph and what its file says of itself. */
export interface BuiltModel {
  readonly graph: Graph;
  readonly options: ModelOptions;
  /** Weights in model.onnx_data. */
  readonly externalData?: boolean;
}

/** How scores come of what the graph gives. */
export type Scoring = "softmax" | "sigmoid" | "raw";

/** What somebody who serves the model has to know of it. */
export interface Expectations {
  /** Weights or activations in 8 bits or less: a text's mates in a batch may move its answer. */
  readonly quantised?: boolean;
  /** Computed in float16: the logits have ten bits, or have gone through ten. */
  readonly half?: boolean;
  /** Padding moves the answer: right is what the text gets alone. */
  readonly dependsOnPadding?: boolean;
  /** Every text is made as long as this, by padding or cutting. */
  readonly fixedLength?: number;
  /** One text a call. */
  readonly fixedBatch?: boolean;
  /** Too small for combot to prepare. */
  readonly small?: boolean;
}

/** One model of the zoo: what to call it, how it is laid out, and how to make it. */
export interface ZooEntry {
  readonly name: string;
  readonly layout: string;
  readonly labels: number;
  readonly family: TokenFamily;
  /** Of the vocabulary, special tokens aside. */
  readonly words: number;
  /** Tokens of the longest text, special ones included. */
  readonly windowTokens: number;
  /** config.json beyond labels and sizes. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The output that has the answer. */
  readonly output: string;
  readonly scoring: Scoring;
  /** The graph ends in its scores. */
  readonly scoredInGraph: boolean;
  readonly expect: Expectations;
  /** @param classifierBias added to the logits; zeros where left out. */
  build(classifierBias?: Float32Array): BuiltModel;
}
