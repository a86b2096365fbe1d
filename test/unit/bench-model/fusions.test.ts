import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ModelSpec } from "../../../bench/model/spec.ts";
import { open, tiny, writeTiny } from "./tiny-models.ts";

/** How often an operator stands in a model: `op_type` is field 4 of a node, so its tag, length and name are looked for. */
function count(model: Buffer, operator: string): number {
  const mark = Buffer.from(`\u0022${String.fromCharCode(operator.length)}${operator}`);
  let found = 0;
  for (let at = model.indexOf(mark); at >= 0; at = model.indexOf(mark, at + 1)) found++;
  return found;
}

async function optimised(changed: Partial<ModelSpec>): Promise<Buffer> {
  const dir = writeTiny(changed);
  const path = join(dir, "optimised.onnx");
  await open(dir, { graphOptimizationLevel: "all", optimizedModelFilePath: path });
  return readFileSync(path);
}

/**
 * What onnxruntime 1.30 makes of them. An exported DistilBERT, which has the same operators one for one, gets no
 * Attention and no SkipLayerNormalization either; RoBERTa gets the latter since its position ids have the inputs' shape.
 */
test.each([
  {
    type: "bert",
    int8: false,
    fused: { LayerNormalization: 5, SkipLayerNormalization: 0, BiasGelu: 2, FusedMatMul: 2 },
  },
  {
    type: "distilbert",
    int8: false,
    fused: { LayerNormalization: 5, SkipLayerNormalization: 0, BiasGelu: 2, FusedMatMul: 2 },
  },
  {
    type: "roberta",
    int8: false,
    fused: { LayerNormalization: 0, SkipLayerNormalization: 5, BiasGelu: 2, FusedMatMul: 2 },
  },
  { type: "bert", int8: true, fused: { DynamicQuantizeMatMul: 8, MatMulIntegerToFloat: 6, MatMulInteger: 0, Gelu: 2 } },
  {
    type: "distilbert",
    int8: true,
    fused: { DynamicQuantizeMatMul: 8, MatMulIntegerToFloat: 6, MatMulInteger: 0, Gelu: 2 },
  },
  {
    type: "roberta",
    int8: true,
    fused: { DynamicQuantizeMatMul: 8, MatMulIntegerToFloat: 6, MatMulInteger: 0, Gelu: 2 },
  },
] as const)("$type, int8 $int8, is fused as an export is", async ({ type, int8, fused }) => {
  const model = await optimised({ type, int8 });
  expect(Object.fromEntries(Object.keys(fused).map((operator) => [operator, count(model, operator)]))).toEqual(fused);
  for (const gone of ["Erf", "ReduceMean", "Attention"]) expect(count(model, gone)).toBe(0);
  expect(count(model, "Softmax")).toBe(tiny.layers);
});
