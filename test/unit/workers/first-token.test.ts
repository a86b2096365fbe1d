import fc from "fast-check";
import { expect, test } from "vitest";
import { Graph } from "../../../src/lib/onnx/graph.ts";
import { encodeModel } from "../../../src/lib/onnx/model.ts";
import { floatTensor, int64Tensor } from "../../../src/lib/onnx/tensor.ts";
import { keepFirstToken } from "../../../src/daemon/workers/graph/first-token.ts";
import { OnnxGraph } from "../../../src/daemon/workers/graph/onnx-graph.ts";
import { decode, encode, integerField, integersOf } from "../../../src/daemon/workers/graph/wire.ts";

/** `hidden` is made by an operator that mixes tokens; then a product, and the head, which reads one token. */
function graphWith(
  options: { axis?: number; index?: number; product?: string; alsoRead?: string; asOutput?: string } = {},
): OnnxGraph {
  const graph = new Graph("g");
  graph.input("input_ids", "int64", ["batch", "tokens"]);
  const weights = graph.initializer("weights", floatTensor([1, 0, 0, 1], [2, 2]));
  const bias = graph.initializer("bias", floatTensor([1, 1]));
  const index = graph.initializer("index", int64Tensor([options.index ?? 0], []));
  const named = (name: string) => ({ outputs: [name] });
  graph.node("Attention", ["input_ids"], {}, named("hidden"));
  graph.node(options.product ?? "DynamicQuantizeMatMul", ["hidden", weights], {}, named("product"));
  graph.node("Add", ["product", bias], {}, named("shifted"));
  graph.node("Add", ["shifted", "hidden"], {}, named("sum"));
  graph.node("LayerNormalization", ["sum", bias, bias], { axis: -1 }, named("normal"));
  graph.node("Gather", ["normal", index], { axis: options.axis ?? 1 }, named("first"));
  if (options.alsoRead) graph.node("ReduceMean", [options.alsoRead], {}, named("other"));
  graph.node("Tanh", ["first"], {}, named("logits"));
  graph.output("logits", "float32", ["batch", 2]);
  if (options.asOutput) graph.output(options.asOutput, "float32", ["batch", 2]);
  return new OnnxGraph(encodeModel(graph));
}

const wiring = ({ nodes }: OnnxGraph): string[] =>
  nodes.map(({ operator, inputs, outputs }) => `${operator}(${inputs.join(", ")}) = ${outputs.join(", ")}`);

test("the first token is taken before the last product and not after it", () => {
  const graph = graphWith();
  expect(keepFirstToken(graph)).toBe(true);
  const expected = [
    "Attention(input_ids) = hidden",
    "DynamicQuantizeMatMul(hidden/first_token, weights) = product",
    "Add(product, bias) = shifted",
    "Add(shifted, hidden/first_token) = sum",
    "LayerNormalization(sum, bias, bias) = normal",
    "Gather(hidden, index) = hidden/first_token",
    "Tanh(normal) = logits",
  ];
  expect(wiring(graph)).toEqual(expected);
  expect(wiring(new OnnxGraph(graph.toBytes()))).toEqual(expected);
});

test("a value that somebody else reads is computed for every token", () => {
  const graph = graphWith({ alsoRead: "shifted" });
  // Only the sum and its normalisation are left below it, and no product: nothing to gain.
  expect(keepFirstToken(graph)).toBe(false);
  expect(wiring(graph)).toEqual(wiring(graphWith({ alsoRead: "shifted" })));
});

test.each([
  ["weights in 32 bits", { product: "MatMul" }],
  ["the head reads another token", { index: 1 }],
  ["the head reads along another axis", { axis: 2 }],
  ["the hidden state is read as a whole as well", { alsoRead: "normal" }],
  ["the hidden state is an output", { asOutput: "normal" }],
])("%s: the graph stays as it is", (_, options) => {
  const graph = graphWith(options);
  expect(keepFirstToken(graph)).toBe(false);
  expect(wiring(graph)).toEqual(wiring(graphWith(options)));
});

test("what isn't looked at comes out as it went in", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const field = fc.oneof(
    fc.record({ number: fc.integer({ min: 1, max: 2 ** 28 }), wire: fc.constant(2), bytes }),
    fc.record({
      number: fc.integer({ min: 1, max: 40 }),
      wire: fc.constant(5),
      bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    }),
    fc.tuple(fc.integer({ min: 1, max: 40 }), fc.maxSafeNat()).map(([number, value]) => integerField(number, value)),
  );
  const same = (fields: readonly ReturnType<typeof integerField>[]): void => {
    const message = encode(fields);
    expect(Buffer.compare(encode(decode(message)), message)).toBe(0);
  };
  fc.assert(fc.property(fc.array(field), same));
});

test("integers come back, negative ones too", () => {
  const minusOne = { number: 3, wire: 0, bytes: Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1) };
  expect(integersOf(minusOne)).toEqual([-1]);
  const same = (value: number): void => {
    expect(integersOf(integerField(3, value))).toEqual([value]);
  };
  fc.assert(fc.property(fc.maxSafeNat(), same));
});

test("bytes that are no message are refused", () => {
  expect(() => decode(Uint8Array.of(0x0a, 0x05, 1))).toThrow(RangeError);
  expect(() => decode(Uint8Array.of(0x08, 0x80))).toThrow(RangeError);
});
