import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { openApiDocument } from "../../../scripts/openapi.ts";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import { EventText } from "../../../src/lib/client/event-text.ts";
import { ENDPOINTS, PAGES } from "../../../src/lib/protocol/endpoints.ts";
import type { Endpoint } from "../../../src/lib/protocol/endpoint.ts";
import type { EndpointName } from "../../../src/lib/protocol/endpoints.ts";
import { HEALTH } from "../../support/sample-replies.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { startApi } from "./support/api.ts";
import { examplePath, VALID_BODIES } from "./support/recording-services.ts";
import { ask } from "./support/wire.ts";
import type { WireReply, WireRequest } from "./support/wire.ts";

const document = openApiDocument("1.2.3");
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).addSchema(closed(document), "api");

/** The document says that fields may be added later; for the replies of this release, none may be unknown. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return ("properties" in inner && inner["type"] === "object" ? { additionalProperties: false, ...inner } : inner) as T;
}

/** What the document's schema for this reply objects to; nothing where it fits. */
function faultsOf(reply: WireReply, { path, method }: Endpoint): string[] {
  const operation = document.paths[path]?.[method.toLowerCase()] as { responses: Record<string, unknown> };
  const status = String(reply.status) in operation.responses ? reply.status : `${String(reply.status)[0]}XX`;
  const type = reply.headers["content-type"]?.split(";")[0] ?? "";
  const steps = ["paths", path, method.toLowerCase(), "responses", status, "content", type, "schema"];
  const pointer = steps.map((step) => String(step).replaceAll("/", "~1")).join("/");
  const validate = ajv.compile({ $ref: `api#/${pointer}` });
  if (validate(type.endsWith("json") ? JSON.parse(reply.body) : reply.body)) return [];
  return [`${method} ${path} ${reply.status}: ${ajv.errorsText(validate.errors)}`];
}

/** Beside the call as it should be; the path is what is added to the endpoint's. */
const MORE_CALLS: Readonly<Partial<Record<EndpointName, readonly Partial<WireRequest>[]>>> = {
  classify: [
    { body: '{"texts":["a","b"],"user":"u","topK":2,"noCache":true}' },
    { body: '{"texts":["a","b"],"models":["one","two","three"],"partial":true}' },
    { body: '{"text":"a","model":"one","models":["two"]}' },
    { body: '{"texts":["a",0]}' },
    { body: "{" },
    { body: "{}", headers: { "content-type": "text/plain" } },
    { body: JSON.stringify({ texts: Array(257).fill("a") }) },
  ],
  cleanup: [{ body: '{"level":"soft","dryRun":true}' }, { body: '{"level":"hard"}' }],
  decisions: [{ path: "?limit=3&since=2026-01-01T00:00:00Z" }, { path: "?limit=0" }, { path: "?limit=few" }],
  metrics: [{ headers: { accept: "text/plain" } }],
  recycle: [{ path: "?wait=true", body: '{"slot":1}' }, { path: "?wait=1" }, { body: '{"slot":-1}' }],
  modelLoad: [{ path: "?wait=true" }, { path: "?now=1" }],
  modelUnload: [{ path: "?wait=true" }, { body: "[]" }],
  modelUse: [{ body: '{"default":true}' }, { body: "{}" }],
};

const CALLS = (Object.keys(ENDPOINTS) as EndpointName[]).filter((name) => !("stream" in ENDPOINTS[name]));

test.each(CALLS)("%s: real replies fit the document, good ones and refusals", async (name) => {
  const endpoint: Endpoint = ENDPOINTS[name];
  const { path: socketPath } = await startApi();
  const body = VALID_BODIES[name];
  for (const { path = "", ...call } of [body ? { body } : {}, ...(MORE_CALLS[name] ?? [])] as Partial<WireRequest>[]) {
    const reply = await ask(socketPath, { method: endpoint.method, ...call, path: `${examplePath(endpoint)}${path}` });
    expect(faultsOf(reply, endpoint)).toEqual([]);
  }
});

test("events: each one fits the document, with its data read as JSON", async () => {
  const { path: socketPath } = await startApi();
  const { path } = ENDPOINTS.events;
  const response = await fetchText(socketPath, path);
  const schema = `paths/${path.replaceAll("/", "~1")}/get/responses/200/content/text~1event-stream/schema`;
  const validate = ajv.compile({ $ref: `api#/${schema}` });
  const text = new EventText();
  const events = [...text.push(response)].map(({ event, data }) => {
    return { event, ...(event === "decision" && { id: text.lastEventId }), data: JSON.parse(data) as unknown };
  });
  expect(events.map(({ event }) => event)).toEqual(["sample", "decision"]);
  for (const event of events) expect([validate(event), ajv.errorsText(validate.errors)]).toEqual([true, "No errors"]);
});

/** The whole of a stream that ends by itself. */
async function fetchText(socketPath: string, path: string): Promise<string> {
  return (await callSocket({ socketPath, path })).text;
}

test("unhealthy, a defect, a wrong method and the wrong socket fit it too", async () => {
  const health = async () => ({ ...HEALTH, status: "unhealthy" as const });
  const { path } = await startApi({
    access: "user",
    services: { health, memory: () => Promise.reject(new Error("x")) },
  });
  expect(faultsOf(await ask(path, { path: ENDPOINTS.health.path }), ENDPOINTS.health)).toEqual([]);
  expect(faultsOf(await ask(path, { path: ENDPOINTS.memory.path }), ENDPOINTS.memory)).toEqual([]);
  expect(faultsOf(await ask(path, { path: ENDPOINTS.classify.path }), ENDPOINTS.classify)).toEqual([]);
  expect(faultsOf(await ask(path, { path: ENDPOINTS.config.path }), ENDPOINTS.config)).toEqual([]);
});

test("requests: what the schema refuses the server refuses, and the other way round", async () => {
  const { path } = await startApi();
  const validate = ajv.compile({ $ref: "api#/components/schemas/ClassifyRequest" });
  const bodies: unknown[] = [
    { text: "a" },
    { texts: ["a"] },
    { text: "a", texts: ["a"] },
    {},
    { text: 1 },
    { texts: [] },
    { text: "a", user: "" },
    { text: "a", user: "u" },
    { text: "a", topK: 0 },
    { text: "a", topK: 1.5 },
    { text: "a", noCache: 1 },
    { text: "a", x: 1 },
    { text: "a", models: ["b"] },
    { text: "a", models: [] },
    { text: "a", models: ["B"] },
    { text: "a", model: "b", models: ["c"] },
    { text: "a", models: Array(17).fill("b") },
    { text: "a", models: "b" },
  ];
  for (const body of bodies) {
    const reply = await ask(path, { method: "POST", path: ENDPOINTS.classify.path, body: JSON.stringify(body) });
    expect([body, reply.status === 200]).toEqual([body, validate(body)]);
  }
});

test.each(["user", "control"] as const)("the %s socket serves the document", async (access) => {
  const openApiFile = join(temporaryFolder(), "openapi.json");
  writeFileSync(openApiFile, JSON.stringify(document));
  const { path } = await startApi({ access, openApiFile });
  const reply = await ask(path, { path: PAGES.openapi });
  expect([reply.status, reply.headers["content-type"]]).toEqual([200, "application/json"]);
  expect(JSON.parse(reply.body)).toEqual(JSON.parse(JSON.stringify(document)));
});

test("where the build left no document, asking for it is a defect and nothing worse", async () => {
  const { path, logLines } = await startApi({ openApiFile: "/nowhere/openapi.json" });
  expect((await ask(path, { path: PAGES.openapi })).status).toBe(500);
  expect(logLines.join("")).toContain("ENOENT");
});
