import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Graph } from "../../src/lib/onnx/graph.ts";
import type { Dimension } from "../../src/lib/onnx/graph.ts";
import { encodeModel } from "../../src/lib/onnx/model.ts";
import { elementTypes, floatTensor, int64Tensor } from "../../src/lib/onnx/tensor.ts";
import type { ElementType } from "../../src/lib/onnx/tensor.ts";
import { wordPieceJson } from "../../src/lib/training/word-piece.ts";

export const TRIAL_LABELS = ["one", "two", "three"] as const;

/** A table of a row a token, summed over a text: whatever is odd about the graph, the sum can be worked out by hand. */
export interface TrialModelSpec {
  /** Which tokens count. `last` is the last place of a row, padding or not. */
  readonly pooling?: "masked" | "all" | "last";
  /** What is done with the sums before they go out. */
  readonly output?: "logits" | "softmax" | "sigmoid";
  /** Each text is given a tenth of what all of its batch have. */
  readonly leaks?: boolean;
  /** Rows of the table, where not as many as the tokenizer has tokens. */
  readonly rows?: number;
  /** The first word gives numbers that are none. */
  readonly notANumber?: boolean;
  readonly idsType?: ElementType;
  readonly dims?: readonly Dimension[];
  readonly withMask?: boolean;
  readonly maskType?: ElementType;
  readonly withPositions?: boolean;
  readonly outputName?: string;
  readonly outputType?: ElementType;
  readonly labels?: number;
  /** The label's axis is left out, where there is one label. */
  readonly flat?: boolean;
  readonly padLeft?: boolean;
  /** Added to what the weights are the sine of: another model, with other answers. */
  readonly phase?: number;
  /** Bytes that a worker takes of memory, which the file does not have: a table of zeros that is made at the load. */
  readonly ballastBytes?: number;
}

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
const WORDS =
  "is my order hello would like to send back the shoes that on can pay with two cards at what are your hours ok and";
export const TRIAL_VOCABULARY: readonly string[] = [...SPECIALS, ...WORDS.split(" ")];

/** Of a token, for a label. */
export function weightOf(token: number, label: number, phase = 0): number {
  return Math.sin(token * 3 + label + 1 + phase);
}

export function writeTrialModel(dir: string, spec: TrialModelSpec = {}): string {
  mkdirSync(dir, { recursive: true });
  const write = (name: string, json: object): void => writeFileSync(join(dir, name), JSON.stringify(json));
  const labels = TRIAL_LABELS.slice(0, spec.labels ?? TRIAL_LABELS.length);
  write("config.json", {
    id2label: Object.fromEntries(labels.entries()),
    pad_token_id: 0,
    max_position_embeddings: 64,
  });
  write("tokenizer_config.json", { padding_side: spec.padLeft ? "left" : "right" });
  write(
    "tokenizer.json",
    wordPieceJson({
      vocabulary: TRIAL_VOCABULARY,
      specials: SPECIALS,
      first: "[CLS]",
      last: "[SEP]",
      unknown: "[UNK]",
    }),
  );
  writeFileSync(join(dir, "model.onnx"), encodeModel(trialGraph(spec)));
  return dir;
}

export function trialGraph(spec: TrialModelSpec): Graph {
  const { dims = ["batch", "sequence"], labels = TRIAL_LABELS.length, rows = TRIAL_VOCABULARY.length } = spec;
  const graph = new Graph("trial");
  const cast = (value: string, to: ElementType): string => graph.node("Cast", [value], { to: elementTypes[to] });
  const ids = graph.input("input_ids", spec.idsType ?? "int64", dims);
  const mask = spec.withMask === false ? undefined : graph.input("attention_mask", spec.maskType ?? "int64", dims);
  const table = Array.from({ length: rows * labels }, (_, at) =>
    spec.notANumber && Math.floor(at / labels) === SPECIALS.length
      ? NaN
      : weightOf(Math.floor(at / labels), at % labels, spec.phase),
  );
  const rowOf = graph.node("Gather", [graph.initializer("table", floatTensor(table, [rows, labels])), ids]);
  const axes = [0, 1, 2].map((value) => graph.initializer(`axis_${value}`, int64Tensor([value])));
  const axis = (value: number): string => axes[value]!;
  let weighted = spec.ballastBytes === undefined ? rowOf : withBallast(graph, rowOf, ids, spec.ballastBytes);
  if (spec.withPositions) {
    const positions = cast(graph.input("position_ids", spec.idsType ?? "int64", dims), "float32");
    weighted = graph.node("Mul", [weighted, graph.node("Unsqueeze", [positions, axis(2)])]);
  }
  if (mask && (spec.pooling ?? "masked") === "masked")
    weighted = graph.node("Mul", [weighted, graph.node("Unsqueeze", [cast(mask, "float32"), axis(2)])]);
  let sums =
    spec.pooling === "last"
      ? graph.node("Gather", [weighted, graph.initializer("end", int64Tensor([-1], []))], { axis: 1 })
      : graph.node("ReduceSum", [weighted, axis(1)], { keepdims: 0 });
  if (mask && spec.pooling !== undefined && spec.pooling !== "masked")
    sums = withUnused(graph, sums, cast(mask, "float32"));
  if (spec.leaks) {
    const others = graph.node("ReduceSum", [sums, axis(0)], { keepdims: 1 });
    sums = graph.node("Add", [sums, graph.node("Mul", [others, graph.initializer("tenth", floatTensor([0.1]))])]);
  }
  if (spec.output === "softmax") sums = graph.node("Softmax", [sums], { axis: -1 });
  if (spec.output === "sigmoid") sums = graph.node("Sigmoid", [sums]);
  if (spec.flat) sums = graph.node("Squeeze", [sums, axis(1)]);
  const { outputName = "logits", outputType = "float32" } = spec;
  graph.node("Cast", [sums], { to: elementTypes[outputType] }, { outputs: [outputName] });
  graph.output(outputName, outputType, spec.flat ? ["batch"] : ["batch", labels]);
  return graph;
}

/** Adds a row of zeros to each token's. */
function withBallast(graph: Graph, rows: string, ids: string, bytes: number): string {
  const shape = graph.initializer("ballast_shape", int64Tensor([Math.round(bytes / 4), 1]));
  const zeros = graph.node("ConstantOfShape", [shape], { value: floatTensor([0], [1]) });
  return graph.node("Add", [rows, graph.node("Gather", [zeros, ids])]);
}

/** Reads the mask, which the optimiser would otherwise take out of the graph's inputs, and makes nothing of it. */
function withUnused(graph: Graph, sums: string, mask: string): string {
  const none = graph.initializer("none", floatTensor([0]));
  const most = graph.node("ReduceMax", [mask], { keepdims: 0 });
  return graph.node("Add", [sums, graph.node("Mul", [most, none])]);
}
