import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Graph } from "../../../src/lib/onnx/graph.ts";
import { encodeModel } from "../../../src/lib/onnx/model.ts";
import { floatTensor, int64Tensor } from "../../../src/lib/onnx/tensor.ts";
import { readModelFolder } from "../../../src/daemon/model/folder.ts";
import type { ModelFolder } from "../../../src/daemon/model/folder.ts";
import { labelsOf, repeatedLabels } from "../../../src/daemon/model/labels.ts";
import { readOnnxHeader } from "../../../src/daemon/model/onnx-header.ts";
import type { OnnxHeader } from "../../../src/daemon/model/onnx-header.ts";
import { scoringOf } from "../../../src/daemon/model/scoring.ts";
import { paddingSideOf, truncationSideOf } from "../../../src/daemon/model/sides.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

describe("labels", () => {
  test.each<[string, Parameters<typeof labelsOf>[0], number | undefined, string[]]>([
    ["as they are named", { id2label: { 0: "no", 1: "yes" } }, 2, ["no", "yes"]],
    ["that are numbers", { id2label: { 0: 1, 1: 2.5 } }, 2, ["1", "2.5"]],
    ["named the other way round alone", { label2id: { yes: 1, no: 0 } }, 2, ["no", "yes"]],
    ["counted alone", { num_labels: 3 }, undefined, ["LABEL_0", "LABEL_1", "LABEL_2"]],
    ["that the graph alone knows", {}, 4, ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"]],
    ["that nobody knows", {}, undefined, ["LABEL_0", "LABEL_1"]],
    ["of which there is one", { id2label: { 0: "relevant" } }, 1, ["relevant"]],
    ["whose names say more than their number", { id2label: { 0: "a", 1: "b" }, num_labels: 3 }, 2, ["a", "b"]],
  ])("%s", (_, config, width, expected) => {
    expect(labelsOf(config, width)).toEqual(expected);
  });

  test("20,000 are the most", () => {
    expect(labelsOf({ num_labels: 20_000 }, undefined)).toHaveLength(20_000);
    expect(() => labelsOf({ num_labels: 20_001 }, undefined)).toThrow(/20001 labels, and 20000 are the most/);
  });

  test("of the same name are told", async () => {
    expect(repeatedLabels(["a", "b", "a", "a", "c", "b"])).toEqual(["a", "b"]);
    const { labels, remarks } = await readModelFolder(
      writeForeignModel(temporaryFolder(), { labels: ["x", "y", "x"] }),
    );
    expect(labels).toEqual(["x", "y", "x"]);
    expect(remarks).toEqual(['More than one label is called "x": an answer does not tell which of them it means.']);
  });
});

// What the transformers library's pipeline applies, and what is left of it where the graph has done it.
describe("scores", () => {
  const multi = "multi_label_classification";
  test.each<[string, string | undefined, number, Parameters<typeof scoringOf>[2], [string, boolean, boolean]]>([
    ["of several labels", undefined, 3, undefined, ["softmax", false, false]],
    ["of one label", undefined, 1, undefined, ["sigmoid", false, false]],
    ["of one label, raw", "regression", 1, undefined, ["none", false, true]],
    ["of several labels, raw", "regression", 3, undefined, ["none", true, true]],
    ["of labels that don't exclude one another", multi, 3, undefined, ["sigmoid", true, false]],
    ["with a softmax in the graph", undefined, 3, "softmax", ["none", false, false]],
    ["with logarithms of a softmax", undefined, 3, "log-softmax", ["softmax", false, false]],
    ["with a sigmoid in the graph", undefined, 3, "sigmoid", ["none", true, false]],
    ["with one label's sigmoid in the graph", undefined, 1, "sigmoid", ["none", false, false]],
    ["with the sigmoid that config.json asks for", multi, 3, "sigmoid", ["none", true, false]],
  ])("%s", (_, problem, labels, inGraph, [activation, multiLabel, regression]) => {
    expect(scoringOf({ problem_type: problem }, labels, inGraph)).toEqual({ activation, multiLabel, regression });
  });
});

describe("what the graph does at its end", () => {
  type End = (graph: Graph, logits: string) => string;

  const headerWith = (end: End): Promise<OnnxHeader> => {
    const graph = new Graph("ends");
    const ids = graph.input("input_ids", "int64", ["batch", "sequence"]);
    const table = graph.initializer("table", floatTensor(Array<number>(40).fill(1), [10, 4]));
    const axis = graph.initializer("axis", int64Tensor([1]));
    const logits = graph.node("ReduceSum", [graph.node("Gather", [table, ids]), axis], { keepdims: 0 });
    graph.node("Identity", [end(graph, logits)], {}, { outputs: ["scores"] });
    graph.output("scores", "float32", ["batch", 4]);
    const path = join(temporaryFolder(), "model.onnx");
    writeFileSync(path, encodeModel(graph));
    return readOnnxHeader(path);
  };

  test.each<[string, End, string | undefined]>([
    ["nothing", (_, logits) => logits, undefined],
    ["a softmax", (graph, logits) => graph.node("Softmax", [logits], { axis: -1 }), "softmax"],
    [
      "a softmax in another type",
      (graph, logits) => graph.node("Cast", [graph.node("Softmax", [logits])], { to: 1 }),
      "softmax",
    ],
    ["logarithms of a softmax", (graph, logits) => graph.node("LogSoftmax", [logits]), "log-softmax"],
    ["logarithms taken back", (graph, logits) => graph.node("Exp", [graph.node("LogSoftmax", [logits])]), "softmax"],
    ["a sigmoid", (graph, logits) => graph.node("Sigmoid", [logits]), "sigmoid"],
    ["x times its sigmoid", (graph, logits) => graph.node("Mul", [logits, graph.node("Sigmoid", [logits])]), undefined],
    ["a straight line for a sigmoid", (graph, logits) => graph.node("HardSigmoid", [logits]), undefined],
    ["a power", (graph, logits) => graph.node("Exp", [logits]), undefined],
    ["a softmax before more", (graph, logits) => graph.node("Neg", [graph.node("Softmax", [logits])]), undefined],
  ])("%s", async (_, end, expected) => {
    expect((await headerWith(end)).activations.get("scores")).toBe(expected);
  });

  test("and how many tokens it knows, through what the ids and the table pass", async () => {
    expect((await headerWith((_, logits) => logits)).embeddings).toBe(10);
    const graph = new Graph("quantised");
    const ids = graph.node("Cast", [graph.input("input_ids", "int64", ["b", "s"])], { to: 6 });
    const table = graph.initializer("table", floatTensor(Array<number>(24).fill(1), [12, 2]));
    const other = graph.initializer("positions", floatTensor(Array<number>(10).fill(1), [5, 2]));
    const rows = graph.node("Gather", [graph.node("Identity", [table]), ids]);
    graph.node("Add", [rows, graph.node("Gather", [other, rows])], {}, { outputs: ["logits"] });
    graph.output("logits", "float32", ["b", 2]);
    const path = join(temporaryFolder(), "model.onnx");
    writeFileSync(path, encodeModel(graph));
    expect((await readOnnxHeader(path)).embeddings).toBe(12);
  });
});

test("a token that was added past the graph's embeddings is found, whatever config.json says of the vocabulary", async () => {
  const dir = writeForeignModel(temporaryFolder(), { config: { vocab_size: null } });
  const path = join(dir, "tokenizer.json");
  const tokenizer = JSON.parse(readFileSync(path, "utf8")) as { added_tokens: object[] };
  const added = {
    id: 500,
    content: "<user>",
    special: false,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  };
  writeFileSync(path, JSON.stringify({ ...tokenizer, added_tokens: [...tokenizer.added_tokens, added] }));
  await expect(readModelFolder(dir)).rejects.toThrow(/token of the id 500, and the graph's embeddings are \d+/);
});

describe("sides", () => {
  test.each<[string, Parameters<typeof paddingSideOf>[0], unknown, string]>([
    ["right where nobody says", {}, null, "right"],
    ["as tokenizer.json was saved", {}, { direction: "Left" }, "left"],
    ["tokenizer_config.json's before that", { padding_side: "right" }, { direction: "Left" }, "right"],
    ["left", { padding_side: "left" }, { direction: "Right" }, "left"],
    ["left of a class that pads so", { tokenizer_class: "XLNetTokenizer" }, null, "left"],
    ["right of any other", { tokenizer_class: "BertTokenizer" }, undefined, "right"],
  ])("padding: %s", (_, settings, baked, side) => {
    expect(paddingSideOf(settings, baked)).toBe(side);
  });

  test.each<[string, Parameters<typeof paddingSideOf>[0], unknown, string]>([
    ["right where nobody says", {}, null, "right"],
    ["as tokenizer.json was saved", {}, { direction: "Left" }, "left"],
    ["tokenizer_config.json's before that", { truncation_side: "left" }, { direction: "Right" }, "left"],
  ])("truncation: %s", (_, settings, baked, side) => {
    expect(truncationSideOf(settings, baked)).toBe(side);
  });

  test("are read from a folder", async () => {
    const sides = async (tokenizerConfig: object): Promise<Partial<ModelFolder>> => {
      const { paddingSide, truncationSide } = await readModelFolder(
        writeForeignModel(temporaryFolder(), { tokenizerConfig }),
      );
      return { paddingSide, truncationSide };
    };
    expect(await sides({ padding_side: "left" })).toEqual({ paddingSide: "left", truncationSide: "right" });
    expect(await sides({ truncation_side: "left" })).toEqual({ paddingSide: "right", truncationSide: "left" });
    await expect(sides({ padding_side: "middle" })).rejects.toThrow(/tokenizer_config\.json: padding_side/);
  });
});
