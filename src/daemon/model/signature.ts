import type { OnnxHeader } from "./onnx-header.ts";
import type { OnnxValue } from "./onnx-values.ts";

const REQUIRED = ["input_ids", "attention_mask"];
const INPUTS = [...REQUIRED, "token_type_ids"];
const OUTPUT = "logits";

/**
 * Whether the graph is a text classifier that we can feed: int64 [batch, sequence] in, float32 [batch, labels] out.
 *
 * @throws {Error} saying what is not so.
 */
export function checkSignature({ inputs, outputs }: OnnxHeader, labels: number): void {
  for (const name of REQUIRED) {
    if (!inputs.some((input) => input.name === name))
      throw new Error(`its graph has no input ${name}, only ${namesOf(inputs)}`);
  }
  for (const input of inputs) checkInput(input);
  // By its name and not by its shape: hidden states of two tokens look like logits of two labels.
  const output = outputs.find(({ name }) => name === OUTPUT);
  if (!output) throw new Error(`its graph has no output ${OUTPUT}, only ${namesOf(outputs)}`);
  checkOutput(output, labels);
}

function checkInput({ name, type, dims }: OnnxValue): void {
  if (!INPUTS.includes(name))
    throw new Error(`its graph wants the input ${name}, which no text has; a text has ${INPUTS.join(", ")}`);
  if (type !== "int64") throw new Error(`its input ${name} is ${type ?? "no tensor"}, not int64`);
  if (dims === null || (dims.length === 2 && !dims.some(isFixed))) return;
  throw new Error(`its input ${name} is ${shapeOf(dims)}, not [batch, sequence]: export it with dynamic axes`);
}

function checkOutput({ name, type, dims }: OnnxValue, labels: number): void {
  if (type !== "float32") throw new Error(`its output ${name} is ${type ?? "no tensor"}, not float32`);
  if (dims === null) return;
  const [batch, width] = dims;
  if (dims.length !== 2 || isFixed(batch))
    throw new Error(`its output ${name} is ${shapeOf(dims)}, not [batch, labels]`);
  if (isFixed(width) && width !== labels)
    throw new Error(`its output ${name} has ${width} labels, and config.json's id2label names ${labels}`);
}

function isFixed(dim: number | string | null | undefined): dim is number {
  return typeof dim === "number";
}

function namesOf(values: readonly OnnxValue[]): string {
  return values.length === 0 ? "none" : values.map(({ name }) => name).join(", ");
}

function shapeOf(dims: NonNullable<OnnxValue["dims"]>): string {
  return `[${dims.map((dim) => dim ?? "?").join(", ")}]`;
}
