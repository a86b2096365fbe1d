import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Graph } from "../../src/lib/onnx/graph.ts";
import type { Attributes } from "../../src/lib/onnx/graph.ts";
import { encodeModel } from "../../src/lib/onnx/model.ts";
import { wordPieceJson } from "../../src/lib/training/word-piece.ts";
import { floatTensor, int64Tensor } from "../../src/lib/onnx/tensor.ts";

const WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "alpha", "beta", "gamma", "delta", "boom"];
const SPECIALS = 4;
/** What the odd models tell apart. */
export const ODD_LABELS: readonly string[] = ["first", "second", "third"];
/** The word whose token makes the process die: −2^63 / −1 overflows, which the CPU answers with SIGFPE. It must be the last. */
export const FATAL_WORD = "boom";

export interface OddModel {
  /** The process dies whenever FATAL_WORD is in a batch. */
  readonly fatal?: boolean;
  /** Rounds of useless work for a batch with one of the model's own words; 40 take some tenths of a second. */
  readonly slowRounds?: number;
  /** Another number, another model: its answers differ. */
  readonly variant?: number;
}

/** Writes a Hugging Face folder with a model that a test can foresee, and that can misbehave. */
export function writeOddModel(dir: string, odd: OddModel = {}): string {
  mkdirSync(dir, { recursive: true });
  const write = (name: string, json: object): void => writeFileSync(join(dir, name), JSON.stringify(json));
  write("config.json", {
    model_type: "bag-of-words",
    id2label: Object.fromEntries(ODD_LABELS.entries()),
    pad_token_id: 0,
    max_position_embeddings: 64,
  });
  write(
    "tokenizer.json",
    wordPieceJson({
      vocabulary: WORDS,
      specials: WORDS.slice(0, SPECIALS),
      first: "[CLS]",
      last: "[SEP]",
      unknown: "[UNK]",
    }),
  );
  writeFileSync(join(dir, "model.onnx"), encodeModel(buildGraph(odd)));
  return dir;
}

function buildGraph({ fatal = false, slowRounds = 0, variant = 0 }: OddModel): Graph {
  const graph = new Graph("odd");
  const ids = graph.input("input_ids", "int64", ["batch", "sequence"]);
  const mask = graph.input("attention_mask", "int64", ["batch", "sequence"]);
  const weights = WORDS.flatMap((_, word) =>
    ODD_LABELS.map((_, label) => Math.sin((variant + 1) * (word * 3 + label))),
  );
  const table = graph.initializer("table", floatTensor(weights, [WORDS.length, ODD_LABELS.length]));
  const axis = graph.initializer("axis", int64Tensor([1]));
  const last = graph.initializer("last", int64Tensor([2]));
  const open = graph.node("Unsqueeze", [graph.node("Cast", [mask], { to: 1 }), last]);
  const sum = graph.node("ReduceSum", [graph.node("Mul", [graph.node("Gather", [table, ids]), open]), axis], {
    keepdims: 0,
  });
  const parts = [
    sum,
    ...(fatal ? [divideByDistance(graph, ids, axis)] : []),
    ...(slowRounds ? [workForOwnWords(graph, ids, sum, slowRounds)] : []),
  ];
  const logits = parts.reduce((a, b) => graph.node("Add", [a, b]));
  graph.node("Identity", [logits], {}, { outputs: ["logits"] });
  graph.output("logits", "float32", ["batch", ODD_LABELS.length]);
  return graph;
}

/** 0 for every text, by way of −2^63 / (id − fatal id − 1): no other word's token makes that divisor −1 or 0. */
function divideByDistance(graph: Graph, ids: string, axis: string): string {
  const beyond = graph.initializer("beyond", int64Tensor([WORDS.indexOf(FATAL_WORD) + 1]));
  const lowest = graph.initializer("lowest", int64Tensor([-(2 ** 63)]));
  const zero = graph.initializer("zero", int64Tensor([0]));
  const quotient = graph.node("Div", [lowest, graph.node("Sub", [ids, beyond])]);
  const nothing = graph.node("Cast", [graph.node("Mul", [quotient, zero])], { to: 1 });
  return graph.node("ReduceSum", [nothing, axis], { keepdims: 1 });
}

/** 0 for every text; at once where it has no word that the model knows, so that a trial with such texts takes no time. */
function workForOwnWords(graph: Graph, ids: string, sum: string, rounds: number): string {
  const known = graph.initializer("known", int64Tensor([SPECIALS], []));
  const isKnown = graph.node("Not", [graph.node("Less", [graph.node("ReduceMax", [ids], { keepdims: 0 }), known])]);
  const [working, resting] = [new Graph("working"), new Graph("resting")];
  working.output(work(working, sum, rounds), "float32", [1, 1]);
  const nothing = resting.initializer("nothing", floatTensor([0], [1, 1]));
  resting.output(resting.node("Identity", [nothing], {}, { outputs: ["rested"] }), "float32", [1, 1]);
  return graph.node("If", [isKnown], { then_branch: working, else_branch: resting });
}

/** 0 for every text, by way of `rounds` products of 512 × 512 matrices. */
function work(graph: Graph, sum: string, rounds: number): string {
  // A branch may not name what the graph around it has named.
  let count = 0;
  const node = (operator: string, inputs: readonly string[], attributes: Attributes = {}): string =>
    graph.node(operator, inputs, attributes, { outputs: [`work_${count++}`] });
  const size = 512;
  // Rows that sum to 1 keep every product as large as the one before, however many there are.
  const values = Array.from({ length: size * size }, () => 1 / size);
  const matrix = graph.initializer("matrix", floatTensor(values, [size, size]));
  const all = graph.initializer("all", int64Tensor([0, 1]));
  const none = graph.initializer("none", floatTensor([0]));
  // Takes a value of the input, or the whole chain would be folded into a constant at load.
  const seed = node("Mul", [node("ReduceMax", [sum], { axes: [0, 1], keepdims: 1 }), none]);
  let product = node("Add", [matrix, seed]);
  for (let round = 0; round < rounds; round++) product = node("MatMul", [product, matrix]);
  return node("Mul", [node("ReduceSum", [product, all], { keepdims: 1 }), none]);
}
