import type { GraphActivation } from "./onnx-graph.ts";
import type { OnnxHeader } from "./onnx-header.ts";
import type { OnnxValue } from "./onnx-values.ts";

const IDS = "input_ids";
const ID_TYPES = ["int64", "int32"];
/** What a worker can make of a text, and the types it can have. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  [IDS]: ID_TYPES,
  attention_mask: [...ID_TYPES, "float32", "float16", "bool"],
  token_type_ids: ID_TYPES,
  position_ids: ID_TYPES,
};
const LOGITS = "logits";
const OUTPUT_TYPES = ["float32", "float16", "float64", "bfloat16"];

/** How a graph takes texts and gives scores. */
export interface Signature {
  readonly outputName: string;
  /** Scores of a text; undefined where the file doesn't tell. */
  readonly width: number | undefined;
  /** Tokens of every text, where the graph takes no other number. */
  readonly fixedTokens: number | undefined;
  /** What the graph itself applied to its scores. */
  readonly activation: GraphActivation | undefined;
}

/**
 * Whether the graph is a text classifier that we can feed: [batch, sequence] of ids in, [batch, labels] of scores out,
 * where the batch may be fixed at one and the sequence at any length.
 *
 * @throws {Error} saying what is not so.
 */
export function readSignature({ inputs, outputs, activations }: OnnxHeader): Signature {
  if (!inputs.some(({ name }) => name === IDS))
    throw new Error(`its graph has no input ${IDS}, only ${namesOf(inputs)}`);
  for (const input of inputs) checkInput(input);
  const lengths = new Set(inputs.map(({ dims }) => dims?.[1]).filter(isFixed));
  if (lengths.size > 1) throw new Error(`its inputs are of different lengths: ${[...lengths].join(", ")}`);
  const output = findOutput(outputs);
  return {
    outputName: output.name,
    width: widthOf(output),
    fixedTokens: [...lengths][0],
    activation: activations.get(output.name),
  };
}

/** @throws {Error} where the graph gives another number of scores than there are labels. */
export function checkWidth({ outputName, width }: Signature, labels: number): void {
  if (width !== undefined && width !== labels)
    throw new Error(`its output ${outputName} has ${width} labels, and config.json names ${labels}`);
}

function checkInput({ name, type, dims }: OnnxValue): void {
  const types = Object.hasOwn(INPUTS, name) ? INPUTS[name] : undefined;
  if (!types) {
    const known = Object.keys(INPUTS).join(", ");
    throw new Error(`its graph wants the input ${name}, which no text has; a text has ${known}`);
  }
  if (type === null || !types.includes(type))
    throw new Error(`its input ${name} is ${type ?? "no tensor"}, not ${types.join(" or ")}`);
  if (dims === null) return;
  if (dims.length !== 2) throw new Error(`its input ${name} is ${shapeOf(dims)}, not [batch, sequence]`);
  if (isFixed(dims[0]) && dims[0] !== 1)
    throw new Error(`its input ${name} is ${shapeOf(dims)}, ${dims[0]} texts each time: export it with dynamic axes`);
}

/** By its name where it has the usual one: hidden states of two tokens look like logits of two labels. */
function findOutput(outputs: readonly OnnxValue[]): OnnxValue {
  const only = outputs.length === 1 ? outputs[0] : undefined;
  const output = outputs.find(({ name }) => name === LOGITS) ?? only;
  if (!output) throw new Error(`its graph has no output ${LOGITS} and not one alone, but ${namesOf(outputs)}`);
  if (output.type === null || !OUTPUT_TYPES.includes(output.type))
    throw new Error(`its output ${output.name} is ${output.type ?? "no tensor"}, not ${OUTPUT_TYPES.join(" or ")}`);
  return output;
}

/** [batch, labels]; where there is one label, [batch] will do. */
function widthOf({ name, dims }: OnnxValue): number | undefined {
  if (dims === null) return undefined;
  const [batch, width] = dims;
  const isBatch = !isFixed(batch) || batch === 1;
  if (isBatch && dims.length === 1) return 1;
  if (isBatch && dims.length === 2) return isFixed(width) ? width : undefined;
  throw new Error(`its output ${name} is ${shapeOf(dims)}, not [batch, labels]`);
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
