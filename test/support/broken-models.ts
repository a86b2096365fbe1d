import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Graph } from "../../src/lib/onnx/graph.ts";
import type { Dimension } from "../../src/lib/onnx/graph.ts";
import { encodeModel, encodeModelWithExternalData } from "../../src/lib/onnx/model.ts";
import { floatTensor, int64Tensor } from "../../src/lib/onnx/tensor.ts";
import type { ElementType } from "../../src/lib/onnx/tensor.ts";
import { writeForeignModel } from "./foreign-models.ts";
import type { ForeignModel } from "./foreign-models.ts";
import { changed, wordPiece } from "./tokenizers.ts";

export interface BrokenModel {
  readonly name: string;
  /** Writes the folder and returns its path. */
  readonly make: (dir: string) => string;
  /** What whoever refuses it says. */
  readonly reason: RegExp;
}

const LABELS = 2;
const FLOAT32 = 1;
const INT64 = 7;

interface SmallGraph {
  readonly idsType?: ElementType;
  readonly idsDims?: readonly Dimension[];
  readonly withMask?: boolean;
  readonly alsoWants?: string;
  readonly output?: string;
  /** A second output. */
  readonly alsoGives?: string;
  readonly outputType?: ElementType;
  readonly outputDims?: readonly Dimension[];
  /** Labels that really come out. */
  readonly width?: number;
  readonly weight?: number;
  readonly operator?: string;
}

/** The sum of the token ids times a weight for each label: as little as can be asked for logits. */
function smallGraph(small: SmallGraph): Graph {
  const {
    idsType = "int64",
    idsDims = ["batch", "sequence"],
    outputType = "float32",
    width = LABELS,
    weight = 0.01,
  } = small;
  const graph = new Graph("small");
  const toFloat = (name: string): string => graph.node("Cast", [name], { to: FLOAT32 });
  let sum = toFloat(graph.input("input_ids", idsType, idsDims));
  if (small.withMask ?? true) sum = graph.node("Mul", [sum, toFloat(graph.input("attention_mask", "int64", idsDims))]);
  if (small.alsoWants) sum = graph.node("Add", [sum, graph.input(small.alsoWants, "float32", idsDims)]);
  if (small.operator) sum = graph.node(small.operator, [sum]);
  sum = graph.node("ReduceSum", [sum, graph.initializer("axis", int64Tensor([1]))], { keepdims: 1 });
  const weights = graph.initializer("weights", floatTensor(Array<number>(width).fill(weight), [1, width]));
  const output = small.output ?? "logits";
  const logits = graph.node("MatMul", [sum, weights]);
  graph.node("Cast", [logits], { to: outputType === "int64" ? INT64 : FLOAT32 }, { outputs: [output] });
  graph.output(output, outputType, small.outputDims ?? ["batch", width]);
  if (small.alsoGives) {
    graph.node("Identity", [logits], {}, { outputs: [small.alsoGives] });
    graph.output(small.alsoGives, "float32", ["batch", width]);
  }
  return graph;
}

const withGraph =
  (small: SmallGraph) =>
  (dir: string): string => {
    writeForeignModel(dir);
    writeFileSync(join(dir, "model.onnx"), encodeModel(smallGraph(small)));
    return dir;
  };

const withFile =
  (name: string, content: string | undefined, foreign: ForeignModel = {}) =>
  (dir: string): string => {
    writeForeignModel(dir, foreign);
    if (content === undefined) rmSync(join(dir, name));
    else writeFileSync(join(dir, name), content);
    return dir;
  };

const cut =
  (name: string, foreign: ForeignModel = {}) =>
  (dir: string): string => {
    const path = join(writeForeignModel(dir, foreign), name);
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    return dir;
  };

function keepWeightsOutside(dir: string): string {
  writeForeignModel(dir);
  const { model } = encodeModelWithExternalData(smallGraph({}), { location: "../weights.bin", minBytes: 1 });
  writeFileSync(join(dir, "model.onnx"), model);
  return dir;
}

/** Folders that look like a classifier's and can't be served, each for a reason of its own. */
export const BROKEN_MODELS: readonly BrokenModel[] = [
  { name: "no config.json", make: withFile("config.json", undefined), reason: /config\.json: it is missing/ },
  {
    name: "config.json is no JSON",
    make: withFile("config.json", '{"id2label": '),
    reason: /config\.json: it is no JSON/,
  },
  {
    name: "config.json names labels by anything but numbers",
    make: withFile("config.json", '{"id2label": {"first": "a"}}'),
    reason: /config\.json: .*id2label/,
  },
  { name: "no tokenizer.json", make: withFile("tokenizer.json", undefined), reason: /tokenizer\.json: it is missing/ },
  {
    name: "a tokenizer of a kind that is not supported",
    make: (dir) => writeForeignModel(dir, { tokenizer: changed(wordPiece(), {}, { type: "CharLevel" }) }),
    reason: /tokenizer\.json: its model is of the kind CharLevel/,
  },
  {
    name: "the tokenizer of another model",
    make: (dir) => writeForeignModel(dir, { config: { vocab_size: 20 } }),
    reason: /tokenizer\.json: .*ids up to \d+.*vocab_size is 20/,
  },
  { name: "no model", make: withFile("model.onnx", undefined), reason: /neither model\.onnx nor onnx\/model\.onnx/ },
  { name: "a model cut off", make: cut("model.onnx"), reason: /model\.onnx: it is cut off/ },
  {
    name: "a page where the model should be",
    make: withFile("model.onnx", "<html>404</html>"),
    reason: /model\.onnx: it is no ONNX model/,
  },
  {
    name: "a pointer of Git LFS",
    make: withFile("model.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
    reason: /model\.onnx: .*Git LFS/,
  },
  {
    name: "no external data",
    make: withFile("model.onnx_data", undefined, { externalData: true }),
    reason: /model\.onnx_data: it is missing/,
  },
  {
    name: "external data cut off",
    make: cut("model.onnx_data", { externalData: true }),
    reason: /model\.onnx_data: it is cut off/,
  },
  {
    name: "external data outside the folder",
    make: keepWeightsOutside,
    reason: /model\.onnx: .*"\.\.\/weights\.bin", which is not inside/,
  },
  {
    name: "ids that are no integers",
    make: withGraph({ idsType: "float32" }),
    reason: /input_ids is float32, not int64/,
  },
  {
    name: "a batch of fixed size",
    make: withGraph({ idsDims: [8, 128] }),
    reason: /input_ids is \[8, 128\], 8 texts each time/,
  },
  {
    name: "an input that no text has",
    make: withGraph({ alsoWants: "pixel_values" }),
    reason: /wants the input pixel_values/,
  },
  {
    name: "several outputs and none called logits",
    make: withGraph({ output: "scores", alsoGives: "hidden" }),
    reason: /no output logits and not one alone, but scores, hidden/,
  },
  {
    name: "logits for each token",
    make: withGraph({ outputDims: ["batch", "sequence", LABELS] }),
    reason: /\[batch, sequence, 2\], not \[batch, labels\]/,
  },
  {
    name: "logits that are whole numbers",
    make: withGraph({ outputType: "int64" }),
    reason: /output logits is int64, not float32/,
  },
  {
    name: "more logits than labels",
    make: withGraph({ width: 3 }),
    reason: /logits has 3 labels, and config\.json names 2/,
  },
  {
    name: "a header that lies about the labels",
    make: withGraph({ width: 3, outputDims: ["batch", "labels"] }),
    reason: /logits are float32 \[2 × 3\].*2 labels/,
  },
  { name: "an operator that nobody knows", make: withGraph({ operator: "Frobnicate" }), reason: /Frobnicate/ },
  { name: "weights that are no numbers", make: withGraph({ weight: NaN }), reason: /no finite numbers/ },
];
