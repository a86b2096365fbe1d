import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { openApiDocument } from "../../../scripts/openapi.ts";
import type { NamedModel } from "../../../src/daemon/http/services.ts";
import { startApi } from "./support/api.ts";
import { ask } from "./support/wire.ts";

const document = openApiDocument("1.2.3");
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).addSchema(document, "api");

const MODEL: NamedModel = {
  name: "shop-intents",
  digest: "3f9a01c2b7de",
  labels: ["order_status", "refund"],
  activation: "softmax",
  isRegression: false,
  windowTokens: 128,
  takesPairs: true,
  isReady: true,
  asks: undefined,
};
const RERANKER: NamedModel = { ...MODEL, labels: ["order_status"] };

const TENSOR = '{"id":"7","inputs":[{"name":"text","datatype":"BYTES","shape":[2],"data":["a","b"]}]}';
/** Bodies that are taken, by path. */
const BODIES: Readonly<Record<string, readonly string[]>> = {
  "/hf/{model}": ['{"inputs":"a"}', '{"inputs":["a","b"],"parameters":{"candidate_labels":["x","y"]}}'],
  "/tei/predict": ['{"inputs":"a"}', '{"inputs":[["a"],["b"]]}'],
  "/tei/rerank": ['{"query":"a","texts":["b","c"],"return_text":true}'],
  "/v2/models/{model}/infer": [TENSOR],
  "/v2/models/{model}/versions/{version}/infer": [TENSOR],
};

const CALLS = Object.entries(document.paths)
  .filter(([path]) => /^\/(hf|tei|v2)/.test(path))
  .flatMap(([path, operations]) => Object.keys(operations).map((method) => [method, path] as const));

type Responses = Readonly<Record<string, { readonly content?: unknown }>>;

/** What the document's schema objects to. */
function faultsIn(value: unknown, ...steps: readonly string[]): unknown {
  const pointer = steps.map((step) => step.replaceAll("/", "~1")).join("/");
  const validate = ajv.compile({ $ref: `api#/paths/${pointer}/content/application~1json/schema` });
  return validate(value) ? undefined : ajv.errorsText(validate.errors);
}

test("has every route of every protocol", () => {
  expect(CALLS).toHaveLength(17);
});

describe.each(CALLS)("%s %s", (method, path) => {
  const start = (changes = {}) => {
    const named = () => (path === "/tei/rerank" ? RERANKER : MODEL);
    return startApi({ compat: ["hf", "tei", "oip"], services: { named, ...changes } });
  };
  const place = path.replace("{model}", "default").replace("{version}", "1");
  const { responses } = document.paths[path]![method] as { responses: Responses };
  const call = { method: method.toUpperCase(), path: place };

  test("answers as the document says", async () => {
    const api = await start();
    for (const body of BODIES[path] ?? [undefined]) {
      if (body !== undefined) expect(faultsIn(JSON.parse(body), path, method, "requestBody")).toBeUndefined();
      const reply = await ask(api.path, { ...call, ...(body !== undefined && { body }) });
      expect([reply.status, reply.body]).toEqual([
        200,
        responses["200"]?.content ? expect.stringMatching(/^[{[]/) : "",
      ]);
      if (reply.body !== "") expect(faultsIn(JSON.parse(reply.body), path, method, "responses", "200")).toBeUndefined();
    }
  });

  test.runIf(responses["503"] || path.includes("{model}"))("is refused as the document says", async () => {
    const probe = () => ({ isFine: false, word: "starting" });
    const api = await start({
      probe,
      named: () => (path.endsWith("/ready") ? { ...MODEL, isReady: false } : undefined),
    });
    const { status, body } = await ask(api.path, { ...call, body: BODIES[path]?.[0] ?? "" });
    expect(status).toBe(responses["503"] ? 503 : 404);
    expect(faultsIn(JSON.parse(body), path, method, "responses", status === 503 ? "503" : "4XX")).toBeUndefined();
  });
});
