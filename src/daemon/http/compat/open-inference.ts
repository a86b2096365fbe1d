import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CombotError } from "../../../lib/errors.ts";
import { ERRORS } from "../../../lib/error-table.ts";
import { VERSION } from "../../../lib/version.ts";
import { admissionOf } from "../door.ts";
import { documentOf, turnFor } from "../json-body.ts";
import type { NamedModel, Services } from "../services.ts";
import { readBody } from "../validation.ts";
import { askedOf, inferRequest, tensorOf, wantedOf } from "./infer.ts";
import type { InferRequest } from "./infer.ts";
import { classifyAs, CLASSIFIES, OPERATES, TELLS } from "./protocol.ts";
import type { CompatContext, Protocol } from "./protocol.ts";
import { bytesOf } from "./tensors.ts";

const JSON_LENGTH = "inference-header-content-length";
const MODEL_VERSION = "1";
const EXTENSIONS = ["classification", "binary_tensor_data", "model_repository"];

/**
 * https://github.com/kserve/open-inference-protocol, and of Triton's extensions
 * (https://github.com/triton-inference-server/server/tree/main/docs/protocol) those that its client goes by.
 */
export const OPEN_INFERENCE: Protocol = {
  prefix: "/v2",
  refusal: ({ code, message }) => ({ status: ERRORS[code].http, body: { error: message } }),
  add: (scope, context) => {
    const { services } = context;
    takeBytes(scope);
    scope.get("/", TELLS, async () => ({ name: "combot", version: VERSION, extensions: EXTENSIONS }));
    scope.get("/health/live", TELLS, async () => ({ live: true }));
    scope.get("/health/ready", TELLS, async (_request, reply) => {
      const ready = services.probe("ready").isFine;
      return reply.code(ready ? 200 : 503).send({ ready });
    });
    for (const path of ["/models/:model", "/models/:model/versions/:version"]) addModel(scope, path, services);
    addRepository(scope, context);
  },
};

/** Its clients send no content type, or that of bytes: what a body is the header with the length of its JSON says. */
function takeBytes(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "buffer" }, async (_request: FastifyRequest, body: Buffer) => {
    await turnFor(body.length);
    return body;
  });
}

function addModel(scope: FastifyInstance, path: string, services: Services): void {
  const tellMetadata = async (request: FastifyRequest): Promise<object> => metadataOf(modelIn(request, services));
  scope.route({ ...TELLS, method: "GET", url: path, handler: tellMetadata });
  scope.get(`${path}/ready`, TELLS, async (request, reply) => {
    const { name, isReady: ready } = modelIn(request, services);
    return reply.code(ready ? 200 : 503).send({ name, ready });
  });
  scope.post(`${path}/infer`, CLASSIFIES, (request, reply) => infer(request, reply, services));
}

function addRepository(scope: FastifyInstance, { services }: CompatContext): void {
  scope.post("/repository/index", TELLS, async () => {
    const { models } = await services.listModels();
    const names = models.map((row) => (row.default ? undefined : row.name));
    return names.flatMap((name) => {
      const model = services.named(name);
      if (!model) return [];
      const state = model.isReady ? "READY" : "UNAVAILABLE";
      return [{ name: model.name, version: MODEL_VERSION, state, reason: "" }];
    });
  });
  scope.post("/repository/models/:model/load", OPERATES, async (request, reply) => {
    const { asks } = modelIn(request, services);
    const { by } = admissionOf(request);
    await (asks === undefined ? services.load(true, by) : services.loadModel(asks, true, by));
    return reply.code(200).send();
  });
  scope.post("/repository/models/:model/unload", OPERATES, async (request, reply) => {
    const { asks } = modelIn(request, services);
    const { by } = admissionOf(request);
    await (asks === undefined ? services.unload(true, by) : services.unloadModel(asks, true, by));
    return reply.code(200).send();
  });
}

/** @throws {CombotError} `NOT_FOUND` in that server's words. */
function modelIn({ params }: FastifyRequest, services: Services): NamedModel {
  const { model: name, version = MODEL_VERSION } = params as { readonly model: string; readonly version?: string };
  const model = services.named(name);
  if (!model) throw new CombotError("NOT_FOUND", `Request for unknown model: '${name}' is not found`);
  if (version === MODEL_VERSION) return model;
  throw new CombotError("NOT_FOUND", `Request for unknown model: '${name}' version ${version} is not found`);
}

function metadataOf({ name, labels, takesPairs }: NamedModel): object {
  const text = { datatype: "BYTES", shape: [-1] };
  return {
    name,
    versions: [MODEL_VERSION],
    platform: "onnxruntime_onnx",
    inputs: [{ name: "text", ...text }, ...(takesPairs ? [{ name: "text_pair", ...text }] : [])],
    outputs: [
      { name: "label", datatype: "BYTES", shape: [-1] },
      { name: "score", datatype: "FP32", shape: [-1] },
      { name: "scores", datatype: "FP32", shape: [-1, labels.length] },
    ],
  };
}

async function infer(request: FastifyRequest, reply: FastifyReply, services: Services): Promise<FastifyReply> {
  const model = modelIn(request, services);
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const jsonBytes = jsonLengthOf(request, body);
  // The parts of a body are freed when they are put together: it is one.
  const document = await documentOf([Buffer.from(body.subarray(0, jsonBytes))]);
  const asked = readBody(inferRequest, document) as InferRequest;
  const wanted = wantedOf(asked, model);
  const call = askedOf(asked, body.subarray(jsonBytes), wanted, model);
  const answer = await classifyAs(services, model, call, request, reply);
  const parts: Buffer[] = [];
  const outputs = wanted.map((one) => {
    const { data, ...head } = tensorOf(one, answer, model);
    if (!one.isBinary) return { ...head, data };
    const bytes = bytesOf({ ...head, data });
    parts.push(bytes);
    return { ...head, parameters: { binary_data_size: bytes.length } };
  });
  const id = asked.id === undefined ? {} : { id: asked.id };
  const json = Buffer.from(JSON.stringify({ ...id, model_name: model.name, model_version: MODEL_VERSION, outputs }));
  if (parts.length === 0) return reply.type("application/json").send(json);
  void reply.header(JSON_LENGTH, String(json.length)).type("application/octet-stream");
  return reply.send(Buffer.concat([json, ...parts]));
}

/** @throws {CombotError} `INVALID_REQUEST` */
function jsonLengthOf({ headers }: FastifyRequest, body: Buffer): number {
  const given = headers[JSON_LENGTH];
  if (given === undefined) return body.length;
  const length = typeof given === "string" && /^\d{1,9}$/.test(given) ? Number(given) : Infinity;
  if (length <= body.length) return length;
  throw new CombotError("INVALID_REQUEST", `${JSON_LENGTH}: not a length within the body`);
}
