import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { CombotError } from "../../../lib/errors.ts";
import { ERRORS } from "../../../lib/error-table.ts";
import type { ClassifyRequest } from "../../../lib/protocol/classify.ts";
import type { NamedModel } from "../services.ts";
import { readBody } from "../validation.ts";
import { classifyAs, CLASSIFIES, scoresOf } from "./protocol.ts";
import type { Protocol } from "./protocol.ts";

const item = z.union([z.string(), z.object({ text: z.string(), text_pair: z.string().optional() })]);

/** https://huggingface.co/docs/inference-providers/tasks/text-classification, and zero-shot-classification. */
export const inferenceRequest = z.object({
  inputs: z.union([item, z.array(item).min(1)]),
  parameters: z
    .object({
      top_k: z.int().min(1).nullish(),
      function_to_apply: z.enum(["sigmoid", "softmax", "none"]).nullish(),
      candidate_labels: z.union([z.string(), z.array(z.string())]).optional(),
      hypothesis_template: z.string().optional(),
      multi_label: z.boolean().optional(),
    })
    .nullish(),
});

type InferenceRequest = z.infer<typeof inferenceRequest>;
type Parameters = NonNullable<InferenceRequest["parameters"]>;

const UNAVAILABLE = 503;
const TOO_MANY = 429;

export const HUGGING_FACE: Protocol = {
  prefix: "/hf",
  // Its JavaScript client tries again at once, and for ever, after a 503.
  refusal: ({ code, message }) => {
    const status = ERRORS[code].http;
    return { status: status === UNAVAILABLE ? TOO_MANY : status, body: { error: message } };
  },
  add: (scope, { services }) => {
    scope.post("/:model", CLASSIFIES, async (request, reply) => {
      const model = services.named(nameIn(request));
      if (!model) throw new CombotError("NOT_FOUND", `Model ${nameIn(request)} does not exist`);
      const { inputs, parameters } = readBody(inferenceRequest, request.body) as InferenceRequest;
      const isList = Array.isArray(inputs);
      const texts = (isList ? inputs : [inputs]).map(textOf);
      const labels = labelsOf(parameters?.candidate_labels);
      const asked = labels ? zeroShot(texts, labels, parameters ?? {}) : plain(texts, parameters ?? {}, model);
      const { results } = await classifyAs(services, model, asked, request, reply);
      const ranked = results.map(scoresOf);
      if (!labels) return ranked;
      const told = ranked.map((scores, at) => ({
        sequence: sequenceOf(texts[at]!),
        labels: scores.map(({ label }) => label),
        scores: scores.map(({ score }) => score),
      }));
      return isList ? told : told[0];
    });
  },
};

type Texts = NonNullable<ClassifyRequest["texts"]>;

function nameIn({ params }: FastifyRequest): string {
  return (params as { readonly model: string }).model;
}

function textOf(given: z.infer<typeof item>): Texts[number] {
  if (typeof given === "string" || given.text_pair === undefined) return typeof given === "string" ? given : given.text;
  return { text: given.text, textPair: given.text_pair };
}

function sequenceOf(text: Texts[number]): string {
  return typeof text === "string" ? text : text.text;
}

/** Labels of the call's own, in one string with commas or in several. */
function labelsOf(given: Parameters["candidate_labels"]): readonly string[] | undefined {
  return typeof given === "string" ? given.split(",").map((label) => label.trim()) : given;
}

function zeroShot(texts: Texts, labels: readonly string[], parameters: Parameters): ClassifyRequest {
  const { hypothesis_template: template, multi_label: multiLabel } = parameters;
  return { texts, labels: [...labels], template, multiLabel, topK: Math.max(1, labels.length) };
}

function plain(
  texts: Texts,
  { top_k: topK, function_to_apply: wanted }: Parameters,
  model: NamedModel,
): ClassifyRequest {
  const { activation, labels } = model;
  if (wanted && wanted !== activation) {
    const detail = `parameters.function_to_apply: to what this model gives ${activation} is applied, and nothing else`;
    throw new CombotError("INVALID_REQUEST", detail);
  }
  return { texts, topK: Math.min(topK ?? labels.length, labels.length) };
}
