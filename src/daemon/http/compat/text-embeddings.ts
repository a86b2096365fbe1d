import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { CombotError } from "../../../lib/errors.ts";
import { ERRORS } from "../../../lib/error-table.ts";
import { MAX_TEXTS } from "../../../lib/protocol/classify.ts";
import type { ClassifyRequest } from "../../../lib/protocol/classify.ts";
import { VERSION } from "../../../lib/version.ts";
import type { NamedModel, Services } from "../services.ts";
import { readBody } from "../validation.ts";
import { classifyAs, CLASSIFIES, scoresOf, TELLS } from "./protocol.ts";
import type { CompatContext, Protocol } from "./protocol.ts";

/** https://huggingface.github.io/text-embeddings-inference/: PredictRequest; a list of two strings is one pair. */
export const predictRequest = z.object({
  inputs: z.union([
    z.string(),
    z.array(z.string()).min(1).max(2),
    z.array(z.array(z.string()).min(1).max(2)).min(1),
    z.array(z.never()),
  ]),
  raw_scores: z.boolean().nullish(),
  truncate: z.boolean().nullish(),
});

export const rerankRequest = z.object({
  query: z.string(),
  texts: z.array(z.string()),
  raw_scores: z.boolean().nullish(),
  return_text: z.boolean().nullish(),
  truncate: z.boolean().nullish(),
});

type PredictRequest = z.infer<typeof predictRequest>;
type RerankRequest = z.infer<typeof rerankRequest>;
type Text = NonNullable<ClassifyRequest["texts"]>[number];

export const TEXT_EMBEDDINGS: Protocol = {
  prefix: "/tei",
  refusal: (error) => {
    const [status, type] = kindOf(error);
    return { status, body: { error: error.message, error_type: type } };
  },
  add: (scope, context) => {
    const { services } = context;
    scope.get("/health", TELLS, async (_request, reply) => {
      if (services.probe("ready").isFine) return reply.code(200).send();
      return reply.code(503).send({ error: "unhealthy", error_type: "unhealthy" });
    });
    scope.get("/info", TELLS, async () => infoOf(served(services)));
    scope.post("/predict", CLASSIFIES, async (request, reply) => {
      const { inputs, raw_scores: isRaw } = readBody(predictRequest, request.body) as PredictRequest;
      const model = served(services);
      if (isRaw && !model.isRegression) throw unraw();
      if (inputs.length === 0 && typeof inputs !== "string") throw new EmptyBatch();
      const isBatch = Array.isArray(inputs) && Array.isArray(inputs[0]);
      const texts = isBatch ? (inputs as string[][]).map(pairOf) : [pairOf([inputs].flat(2))];
      const { results } = await classifyAs(services, model, { texts, topK: model.labels.length }, request, reply);
      const ranked = results.map((result) => scoresOf(result).map(({ label, score }) => ({ score, label })));
      return isBatch ? ranked : ranked[0];
    });
    addRerank(scope, context);
  },
};

function addRerank(scope: Parameters<Protocol["add"]>[0], { services }: CompatContext): void {
  scope.post("/rerank", CLASSIFIES, async (request: FastifyRequest, reply) => {
    const model = served(services);
    if (model.labels.length !== 1) throw new NoReranker();
    const asked = readBody(rerankRequest, request.body) as RerankRequest;
    if (asked.raw_scores && !model.isRegression) throw unraw();
    if (asked.texts.length === 0) throw new EmptyBatch();
    const texts = asked.texts.map((text) => ({ text: asked.query, textPair: text }));
    const { results } = await classifyAs(services, model, { texts }, request, reply);
    const isLogit = model.isRegression && !asked.raw_scores;
    return results
      .map(({ score }, index) => ({
        index,
        ...(asked.return_text ? { text: asked.texts[index] } : {}),
        score: isLogit ? sigmoid(score) : score,
      }))
      .toSorted((a, b) => b.score - a.score || a.index - b.index);
  });
}

/** A list of texts that has none. */
class EmptyBatch extends CombotError {
  constructor() {
    super("INVALID_REQUEST", "Batch is empty");
  }
}

class NoReranker extends CombotError {
  constructor() {
    super("INVALID_REQUEST", "Model is not a re-ranker model");
  }
}

function unraw(): CombotError {
  return new CombotError("INVALID_REQUEST", "raw_scores: this model's scores are kept as shares, and not as logits");
}

/** Statuses and types as that server documents them. */
function kindOf(error: CombotError): readonly [status: number, type: string] {
  const { http } = ERRORS[error.code];
  if (error instanceof EmptyBatch) return [400, "empty"];
  if (error instanceof NoReranker) return [424, "backend"];
  if (error.code === "INVALID_TEXT") return [422, "tokenizer"];
  if (error.code === "INVALID_REQUEST" || http === 413) return [413, "validation"];
  if (http === 503 || http === 429) return [429, "overloaded"];
  return http >= 500 || http === 422 ? [424, "backend"] : [http, "validation"];
}

function served(services: Services): NamedModel {
  const model = services.named();
  if (!model) throw new CombotError("MODEL_UNAVAILABLE", "no model is served");
  return model;
}

function pairOf([text = "", textPair]: readonly string[]): Text {
  return textPair === undefined ? text : { text, textPair };
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function infoOf({ name, digest, labels, windowTokens }: NamedModel): object {
  const id2label = Object.fromEntries(labels.map((label, id) => [String(id), label]));
  const label2id = Object.fromEntries(labels.map((label, id) => [label, id]));
  const kind = labels.length === 1 ? "reranker" : "classifier";
  return {
    model_id: name,
    model_sha: digest,
    model_dtype: "onnx",
    model_type: { [kind]: { id2label, label2id } },
    max_input_length: windowTokens,
    max_client_batch_size: MAX_TEXTS,
    auto_truncate: true,
    version: VERSION,
  };
}
