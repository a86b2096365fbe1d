import { describe, expect, test } from "vitest";
import type { OnnxHeader } from "../../../src/daemon/model/onnx-header.ts";
import type { OnnxValue } from "../../../src/daemon/model/onnx-values.ts";
import { readSignature } from "../../../src/daemon/model/signature.ts";

const value = (name: string, type: string | null, dims: OnnxValue["dims"]): OnnxValue => ({ name, type, dims });
const IDS = value("input_ids", "int64", ["batch", "sequence"]);
const LOGITS = value("logits", "float32", ["batch", 3]);

const header = (inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): OnnxHeader => ({
  irVersion: 8,
  producer: "",
  opsets: new Map([["", 17]]),
  inputs,
  outputs,
  externalData: new Map(),
  activations: new Map(),
  embeddings: undefined,
});

describe("a graph that can be fed", () => {
  test.each<[string, OnnxValue[], OnnxValue[], object]>([
    ["ids alone", [IDS], [LOGITS], { outputName: "logits", width: 3, fixedTokens: undefined }],
    ["ids of 32 bits", [value("input_ids", "int32", ["b", "s"])], [LOGITS], { width: 3 }],
    [
      "positions, types, and a mask in floats",
      [
        IDS,
        value("position_ids", "int64", null),
        value("token_type_ids", "int32", null),
        value("attention_mask", "float32", ["b", "s"]),
      ],
      [LOGITS],
      { width: 3 },
    ],
    [
      "one text of one length",
      [value("input_ids", "int64", [1, 128])],
      [value("logits", "float32", [1, 3])],
      { width: 3, fixedTokens: 128 },
    ],
    ["one length", [value("input_ids", "int64", ["b", 64])], [LOGITS], { fixedTokens: 64 }],
    [
      "an only output of any name, in halves",
      [IDS],
      [value("output_0", "float16", ["b", 2])],
      { outputName: "output_0", width: 2 },
    ],
    ["logits among others", [IDS], [value("hidden", "float32", ["b", "s", 8]), LOGITS], { outputName: "logits" }],
    ["one number a text", [IDS], [value("score", "float64", ["b"])], { width: 1 }],
    ["one number a text, in brackets", [IDS], [value("score", "float32", ["b", 1])], { width: 1 }],
    ["a width that nobody tells", [IDS], [value("logits", "float32", ["b", "labels"])], { width: undefined }],
    ["a shape that nobody tells", [IDS], [value("logits", "bfloat16", null)], { width: undefined }],
  ])("%s", (_, inputs, outputs, expected) => {
    expect(readSignature(header(inputs, outputs))).toMatchObject(expected);
  });
});

describe("a graph that can't", () => {
  test.each<[string, OnnxValue[], OnnxValue[], RegExp]>([
    ["no ids", [value("pixels", "int64", ["b", "s"])], [LOGITS], /no input input_ids, only pixels/],
    ["a batch of eight", [value("input_ids", "int64", [8, "s"])], [LOGITS], /\[8, s\], 8 texts each time/],
    ["a picture beside", [IDS, value("pixels", "float32", null)], [LOGITS], /wants the input pixels/],
    ["ids as floats", [value("input_ids", "float32", null)], [LOGITS], /float32, not int64 or int32/],
    [
      "two lengths",
      [value("input_ids", "int64", [1, 64]), value("attention_mask", "int64", [1, 128])],
      [LOGITS],
      /different lengths: 64, 128/,
    ],
    ["a vector a token", [IDS], [value("logits", "float32", ["b", "s", 2])], /\[b, s, 2\], not \[batch, labels\]/],
    [
      "two outputs, none of them logits",
      [IDS],
      [value("a", "float32", null), value("b", "float32", null)],
      /not one alone, but a, b/,
    ],
    ["whole numbers", [IDS], [value("logits", "int64", null)], /int64, not float32/],
    ["a batch of eight answers", [IDS], [value("logits", "float32", [8, 2])], /\[8, 2\], not \[batch, labels\]/],
  ])("%s", (_, inputs, outputs, reason) => {
    expect(() => readSignature(header(inputs, outputs))).toThrow(reason);
  });
});
