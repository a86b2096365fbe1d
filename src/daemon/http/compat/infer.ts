import { z } from "zod";
import { CombotError } from "../../../lib/errors.ts";
import { MAX_TEXTS } from "../../../lib/protocol/classify.ts";
import type { ClassifyReply, ClassifyRequest } from "../../../lib/protocol/classify.ts";
import type { NamedModel } from "../services.ts";
import { scoresOf } from "./protocol.ts";
import { stringsIn } from "./tensors.ts";
import type { Tensor } from "./tensors.ts";

type Nested = string | readonly Nested[];

const input = z.object({
  name: z.string(),
  datatype: z.literal("BYTES", "this model's inputs are BYTES"),
  shape: z.array(z.int().min(0)).min(1).max(2),
  data: z.array(z.unknown()).optional(),
  parameters: z.object({ binary_data_size: z.int().min(0).optional() }).optional(),
});

const output = z.object({
  name: z.string(),
  parameters: z.object({ binary_data: z.boolean().optional(), classification: z.int().min(0).optional() }).optional(),
});

/** $inference_request of the Open Inference Protocol, with Triton's binary tensor data and classification. */
export const inferRequest = z.object({
  id: z.string().max(256).optional(),
  inputs: z.array(input).min(1).max(2),
  outputs: z.array(output).max(8).optional(),
  parameters: z.object({ binary_data_output: z.boolean().optional() }).optional(),
});

export type InferRequest = z.infer<typeof inferRequest>;
type Input = z.infer<typeof input>;

/** A tensor of the reply, and whether it goes as bytes. */
export interface Wanted {
  readonly name: "label" | "score" | "scores";
  /** Best labels as `score:index:label`, in the place of what the output is else. */
  readonly best: number | undefined;
  readonly isBinary: boolean;
}

const OUTPUTS = ["label", "score", "scores"] as const;
const INPUTS = ["text", "text_pair"];

/** @throws {CombotError} `INVALID_REQUEST` */
export function wantedOf({ outputs, parameters }: InferRequest, model: NamedModel): readonly Wanted[] {
  const isBinary = parameters?.binary_data_output ?? false;
  if (!outputs || outputs.length === 0) return OUTPUTS.map((name) => ({ name, best: undefined, isBinary }));
  return outputs.map(({ name, parameters: own }) => {
    const known = OUTPUTS.find((one) => one === name);
    if (!known) throw unexpected("output", name, model);
    const best = own?.classification ? Math.min(own.classification, model.labels.length) : undefined;
    if (best !== undefined && known !== "scores")
      throw new CombotError("INVALID_REQUEST", "outputs: classification goes with 'scores'");
    return { name: known, best, isBinary: own?.binary_data ?? isBinary };
  });
}

/**
 * @param bytes what comes behind the JSON.
 * @throws {CombotError} `INVALID_REQUEST`
 */
export function askedOf(
  { inputs }: InferRequest,
  bytes: Buffer,
  wanted: readonly Wanted[],
  model: NamedModel,
): ClassifyRequest {
  let at = 0;
  const byName = new Map<string, readonly string[]>();
  for (const one of inputs) {
    if (!INPUTS.includes(one.name) || byName.has(one.name)) throw unexpected("input", one.name, model);
    const size = one.parameters?.binary_data_size;
    const own = bytes.subarray(at, at + (size ?? 0));
    if (own.length < (size ?? 0))
      throw new CombotError("INVALID_REQUEST", `input '${one.name}': its bytes are missing`);
    at += own.length;
    byName.set(one.name, elementsOf(one, size === undefined ? undefined : own));
  }
  if (at < bytes.length) throw new CombotError("INVALID_REQUEST", "inputs: there are more bytes than they tell of");
  const texts = byName.get("text");
  if (!texts) throw new CombotError("INVALID_REQUEST", `expected input 'text' for model '${model.name}'`);
  const pairs = byName.get("text_pair");
  if (pairs && pairs.length !== texts.length)
    throw new CombotError("INVALID_REQUEST", "inputs: 'text' and 'text_pair' are of different lengths");
  const items = pairs ? texts.map((text, index) => ({ text, textPair: pairs[index] })) : [...texts];
  const topK = Math.max(1, ...wanted.map(({ name, best }) => (name === "scores" ? (best ?? model.labels.length) : 1)));
  return { texts: items, topK };
}

function elementsOf({ name, shape, data }: Input, bytes: Buffer | undefined): readonly string[] {
  const elements = bytes ? stringsIn(bytes, name) : flat((data ?? []) as Nested[], name);
  const size = shape.reduce((product, side) => product * side, 1);
  if (elements.length !== size)
    throw new CombotError(
      "INVALID_REQUEST",
      `input '${name}': ${elements.length} elements where its shape has ${size}`,
    );
  if (size > MAX_TEXTS)
    throw new CombotError("BODY_TOO_LARGE", `input '${name}': at most ${MAX_TEXTS} texts, not ${size}`);
  return elements;
}

/** Nested as the shape, or flat: both are allowed. */
function flat(data: readonly Nested[], name: string): string[] {
  const elements = data.flat(2);
  if (elements.every((element) => typeof element === "string")) return elements;
  throw new CombotError("INVALID_REQUEST", `input '${name}': data of BYTES are strings`);
}

function unexpected(kind: "input" | "output", name: string, model: NamedModel): CombotError {
  return new CombotError("INVALID_REQUEST", `unexpected inference ${kind} '${name}' for model '${model.name}'`);
}

export function tensorOf({ name, best }: Wanted, { results }: ClassifyReply, { labels }: NamedModel): Tensor {
  const rows = results.length;
  if (name === "label") return { name, datatype: "BYTES", shape: [rows], data: results.map(({ label }) => label) };
  if (name === "score") return { name, datatype: "FP32", shape: [rows], data: results.map(({ score }) => score) };
  const places = new Map(labels.map((label, place) => [label, place]));
  const rowsOf = results.map((result) => scoresOf(result));
  if (best !== undefined) {
    const data = rowsOf.flatMap((scores) =>
      scores.slice(0, best).map(({ label, score }) => `${score.toFixed(6)}:${places.get(label)}:${label}`),
    );
    return { name, datatype: "BYTES", shape: [rows, best], data };
  }
  const data = rowsOf.flatMap((scores) => {
    const row = Array<number>(labels.length).fill(0);
    for (const { label, score } of scores) row[places.get(label) ?? 0] = score;
    return row;
  });
  return { name, datatype: "FP32", shape: [rows, labels.length], data };
}
