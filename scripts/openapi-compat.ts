import type { z } from "zod";
import { inferenceRequest } from "../src/daemon/http/compat/hugging-face.ts";
import { inferRequest } from "../src/daemon/http/compat/infer.ts";
import { predictRequest, rerankRequest } from "../src/daemon/http/compat/text-embeddings.ts";
import type { CompatProtocol } from "../src/lib/compat-protocols.ts";

// What COMBOT_COMPAT adds, for the OpenAPI document. Requests are made of the schemas that they are held against; replies are
// those of the protocols, whose own documents have more to say: docs/http.md names them.

type Json = Readonly<Record<string, unknown>>;

const TEXT = { type: "string" };
const NUMBER = { type: "number" };
const FLAG = { type: "boolean" };

function object(fields: Readonly<Record<string, Json>>, optional: Readonly<Record<string, Json>> = {}): Json {
  return { type: "object", properties: { ...fields, ...optional }, required: Object.keys(fields) };
}

function list(items: Json): Json {
  return { type: "array", items };
}

const RANKED = list(object({ label: TEXT, score: NUMBER }));
const ZERO_SHOT = object({ sequence: TEXT, labels: list(TEXT), scores: list(NUMBER) });
const READY = object({ ready: FLAG }, { name: TEXT });
const TENSOR = object(
  { name: TEXT, datatype: TEXT, shape: list(NUMBER) },
  { data: list({}), parameters: object({ binary_data_size: NUMBER }) },
);
const INPUTS = list(object({ name: TEXT, datatype: TEXT, shape: list(NUMBER) }));
const MODEL = object({ name: TEXT, versions: list(TEXT), platform: TEXT, inputs: INPUTS, outputs: INPUTS });
const INFERRED = object({ model_name: TEXT, model_version: TEXT, outputs: list(TENSOR) }, { id: TEXT });
const INDEX = list(object({ name: TEXT, version: TEXT, state: TEXT, reason: TEXT }));
const INFO = object({
  model_id: TEXT,
  model_sha: TEXT,
  model_type: object({}),
  max_input_length: NUMBER,
  version: TEXT,
});

interface Call {
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  /** Null: nothing is said. */
  readonly reply: Json | null;
  /** Of 503, where that is a word and no refusal. */
  readonly unready?: Json;
  readonly isForControl?: boolean;
}

const MODEL_PATHS = ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"];

const CALLS: Readonly<Record<CompatProtocol, readonly Call[]>> = {
  hf: [
    {
      method: "post",
      path: "/hf/{model}",
      summary: "Text classification or zero-shot classification, as Hugging Face Inference",
      body: inferenceRequest,
      reply: { anyOf: [list(RANKED), ZERO_SHOT, list(ZERO_SHOT)] },
    },
  ],
  tei: [
    {
      method: "post",
      path: "/tei/predict",
      summary: "Labels with scores, as text-embeddings-inference",
      body: predictRequest,
      reply: { anyOf: [RANKED, list(RANKED)] },
    },
    {
      method: "post",
      path: "/tei/rerank",
      summary: "How well texts fit a query, with a model of one logit",
      body: rerankRequest,
      reply: list(object({ index: NUMBER, score: NUMBER }, { text: TEXT })),
    },
    { method: "get", path: "/tei/info", summary: "What is served", reply: INFO },
    {
      method: "get",
      path: "/tei/health",
      summary: "Whether it can answer",
      reply: null,
      unready: object({ error: TEXT, error_type: TEXT }),
    },
  ],
  oip: [
    {
      method: "get",
      path: "/v2",
      summary: "The server, as Open Inference Protocol v2",
      reply: object({ name: TEXT, version: TEXT, extensions: list(TEXT) }),
    },
    { method: "get", path: "/v2/health/live", summary: "Whether it answers at all", reply: object({ live: FLAG }) },
    { method: "get", path: "/v2/health/ready", summary: "Whether it can answer", reply: READY, unready: READY },
    ...MODEL_PATHS.flatMap((path): Call[] => [
      { method: "get", path, summary: "A model's inputs and outputs", reply: MODEL },
      { method: "get", path: `${path}/ready`, summary: "Whether a model is loaded", reply: READY, unready: READY },
      {
        method: "post",
        path: `${path}/infer`,
        summary: "Classify the elements of a tensor",
        body: inferRequest,
        reply: INFERRED,
      },
    ]),
    { method: "post", path: "/v2/repository/index", summary: "The models there are", reply: INDEX },
    ...["load", "unload"].map((verb): Call => {
      const path = `/v2/repository/models/{model}/${verb}`;
      return { method: "post", path, summary: `${verb} a model`, reply: null, isForControl: true };
    }),
  ],
};

const REFUSALS: Readonly<Record<CompatProtocol, Json>> = {
  hf: object({ error: TEXT }),
  tei: object({ error: TEXT, error_type: TEXT }),
  oip: object({ error: TEXT }),
};

/** @param toJsonSchema of a request's schema. */
export function compatPaths(toJsonSchema: (schema: z.ZodType) => Json): Record<string, Record<string, Json>> {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [protocol, calls] of Object.entries(CALLS) as [CompatProtocol, readonly Call[]][])
    for (const call of calls)
      (paths[call.path] ??= {})[call.method] = operation(protocol, call, call.body && toJsonSchema(call.body));
  return paths;
}

function operation(protocol: CompatProtocol, call: Call, body: Json | undefined): Json {
  const { method, path, summary, reply, unready, isForControl } = call;
  const names = [...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name);
  const where = isForControl ? " On control.sock, and over TCP with a token for everything, only." : "";
  const refused = { description: "In that server's words", content: json(REFUSALS[protocol]) };
  return {
    operationId: `${protocol}_${method}${path.replaceAll(/\W+/gu, "_")}`.replace(/_$/u, ""),
    summary,
    description: `With COMBOT_COMPAT=${protocol}.${where}`,
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: "path", required: true, schema: TEXT })),
    }),
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      200: { description: "Done", ...(reply && { content: json(reply) }) },
      ...(unready && { 503: { description: "Not able to serve", content: json(unready) } }),
      "4XX": refused,
      "5XX": refused,
    },
  };
}

function json(schema: Json): Json {
  return { "application/json": { schema } };
}
