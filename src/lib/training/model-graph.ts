import { Graph } from "../onnx/graph.ts";
import { encodeModel } from "../onnx/model.ts";
import { elementTypes, floatTensor, int64Tensor, tensor } from "../onnx/tensor.ts";
import type { FoldedModel } from "./fold.ts";
import { pairHash } from "./pair-hash.ts";

/**
 * Writes the classifier as ONNX: inputs `input_ids` and `attention_mask`, int64 [batch, sequence];
 * output `logits`, float32 [batch, labels].
 *
 * Rows of tokens and of pairs are looked up, masked, added up along the sequence, divided by the
 * root of the added squares, and the bias comes on top. The sum is a CumSum of which the last
 * position is kept: a running sum adds zeros for padding after everything else, so a text's logits
 * are the same to the last bit alone and in any padded batch. ReduceSum groups its terms by the
 * padded length, which moves last bits.
 */
export function encodeClassifier(folded: FoldedModel): Uint8Array {
  const labels = folded.bias.length;
  const graph = new Graph("ngram_bag");
  const ids = graph.input("input_ids", "int64", ["batch", "sequence"]);
  const mask = graph.input("attention_mask", "int64", ["batch", "sequence"]);
  const scalar = (name: string, value: number): string => graph.initializer(name, int64Tensor([value], []));
  const vector = (name: string, values: readonly number[]): string => graph.initializer(name, int64Tensor(values));
  const zero = vector("zero", [0]);
  const minusOne = vector("minus_one", [-1]);
  const sequenceAxis = vector("sequence_axis", [1]);
  const onePositionBefore = vector("one_position_before", [0, 1, 0, 0]);

  const realIds = graph.node("Mul", [ids, mask]);
  const classes = graph.node("Gather", [
    graph.initializer("token_classes", int64Tensor([...folded.tokenClasses])),
    realIds,
  ]);
  const shiftRight = (value: string): string =>
    graph.node("Pad", [graph.node("Slice", [value, zero, minusOne, sequenceAxis]), onePositionBefore]);
  const left = graph.node("Mul", [shiftRight(classes), scalar("left_factor", pairHash.left)]);
  const right = graph.node("Mul", [classes, scalar("right_factor", pairHash.right)]);
  const slots = graph.node("Mod", [graph.node("Add", [left, right]), scalar("slot_count", pairHash.slots)]);
  const slotRows = graph.node("Gather", [graph.initializer("slot_rows", tensor(folded.slotRows)), slots]);
  const isPair = graph.node("Mul", [mask, shiftRight(mask)]);
  const pairRows = graph.node("Mul", [graph.node("Cast", [slotRows], { to: elementTypes.int64 }), isPair]);

  const weight = graph.node("Unsqueeze", [
    graph.node("Cast", [mask], { to: elementTypes.float32 }),
    vector("last_axis", [2]),
  ]);
  const tokens = graph.node("Mul", [graph.node("Gather", [table("token_table", folded.tokenTable), realIds]), weight]);
  const pairs = graph.node("Gather", [table("pair_table", folded.pairTable), pairRows]);
  const running = graph.node("CumSum", [graph.node("Add", [tokens, pairs]), scalar("sum_axis", 1)]);
  const sums = graph.node("Gather", [running, scalar("last_position", -1)], { axis: 1 });

  const shares = graph.node("Slice", [sums, zero, vector("label_count", [labels]), sequenceAxis]);
  const squares = graph.node("Slice", [sums, "label_count", vector("width", [labels + 1]), sequenceAxis]);
  const length = graph.node("Sqrt", [
    graph.node("Max", [squares, graph.initializer("least_square", floatTensor([1e-6]))]),
  ]);
  const scaled = graph.node("Div", [shares, length]);
  graph.node("Add", [scaled, graph.initializer("bias", tensor(folded.bias))], {}, { outputs: ["logits"] });
  graph.output("logits", "float32", ["batch", labels]);
  return encodeModel(graph, { producer: "combot-trainer" });

  function table(name: string, rows: Float32Array): string {
    return graph.initializer(name, tensor(rows, [rows.length / (labels + 1), labels + 1]));
  }
}
