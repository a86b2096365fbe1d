import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { classifyRequest } from "../src/lib/protocol/classify.ts";
import { ENDPOINTS, PAGES, PROBES } from "../src/lib/protocol/endpoints.ts";
import type { Endpoint } from "../src/lib/protocol/endpoint.ts";
import { modelUseRequest } from "../src/lib/protocol/model.ts";
import { PROBLEM_TYPE, problem } from "../src/lib/protocol/problem.ts";
import { shadowRequest } from "../src/lib/protocol/shadow.ts";
import { compatPaths } from "./openapi-compat.ts";

// Writes dist/openapi.json: the OpenAPI 3.1 document that the daemon serves, made of the table of endpoints and its
// zod schemas. A step of the build, so that the daemon need not hold what makes it. Usage: node scripts/openapi.ts

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

/** The schemas by the names that they get in the document. */
class Components {
  readonly #names = new Map<z.ZodType, string>();
  readonly schemas: Record<string, Json> = {};

  /** A reference to the schema, which is added where it is not there yet. */
  refTo(schema: z.ZodType, name: string, io: "input" | "output"): Json {
    const known = this.#names.get(schema) ?? name;
    if (!this.#names.has(schema)) {
      this.#names.set(schema, name);
      this.schemas[name] = toJsonSchema(schema, io);
    }
    return { $ref: `#/components/schemas/${known}` };
  }
}

export function openApiDocument(version: string): OpenApiDocument {
  const components = new Components();
  const problems = problemResponses(components);
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    const path = (paths[endpoint.path] ??= {});
    path[endpoint.method.toLowerCase()] = operation(name, endpoint, components, problems);
  }
  paths[PAGES.prometheus] = {
    get: page("prometheus", "The metrics as Prometheus text", "text/plain", { type: "string" }),
  };
  for (const [name, path] of Object.entries(PROBES)) paths[path] = { get: probe(name) };
  Object.assign(
    paths,
    compatPaths((schema) => toJsonSchema(schema, "input")),
  );
  paths[PAGES.openapi] = { get: page("openapi", "This document", "application/json", { type: "object" }) };
  return {
    openapi: "3.1.0",
    info: {
      title: "combot",
      version,
      description:
        "Classifies texts within a memory budget. HTTP over two Unix sockets: combot.sock takes the calls for users, " +
        "control.sock takes all of them. Paths are served with and without the closing slash.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [
      { url: "http://localhost", description: "curl --unix-socket /run/combot/combot.sock http://localhost/…" },
    ],
    paths,
    components: { schemas: components.schemas },
  };
}

function operation(name: string, endpoint: Endpoint, components: Components, problems: Json): Json {
  const typeName = name.charAt(0).toUpperCase() + name.slice(1);
  const replies = Object.entries(endpoint.replies).map(([status, schema]) => {
    const type = endpoint.stream ? "text/event-stream" : "application/json";
    const content = { [type]: { schema: components.refTo(schema, `${typeName}Reply`, "output") } };
    const description = endpoint.stream ? STREAM_WORDS : (REPLY_WORDS[status] ?? "");
    return [status, { description, content: { ...content, ...textContent(name) } }];
  });
  const body = endpoint.body && components.refTo(endpoint.body, `${typeName}Request`, "input");
  return {
    operationId: name,
    summary: endpoint.summary,
    ...(endpoint.access === "control" ? { description: "On control.sock only." } : {}),
    ...(endpoint.query ? { parameters: parameters(endpoint.query, "query") } : {}),
    ...(endpoint.params ? { parameters: parameters(endpoint.params, "path") } : {}),
    ...(endpoint.body ? { requestBody: requestBody(endpoint, body) } : {}),
    responses: { ...Object.fromEntries(replies), ...problems },
  };
}

const REPLY_WORDS: Readonly<Record<string, string>> = { 200: "Done", 202: "Started", 503: "Not able to serve" };

/** OpenAPI 3.1 has no word for the schema of one event; 3.2 calls it itemSchema. */
const STREAM_WORDS = "Server-sent events; each one, with its data read as JSON, fits the schema";

/** The one call with a second form. */
function textContent(name: string): Json {
  return name === "metrics" ? { "text/plain": { schema: { type: "string" } } } : {};
}

function requestBody({ body, keepsText }: Endpoint, reference: Json | undefined): Json {
  return {
    required: keepsText === true || !body?.safeParse({}).success,
    content: { "application/json": { schema: reference } },
  };
}

function parameters(fields: z.ZodObject, place: "query" | "path"): Json[] {
  return Object.entries(fields.shape).map(([name, schema]) => ({
    name,
    in: place,
    required: !(schema as z.ZodType).safeParse(undefined).success,
    schema: toJsonSchema(schema as z.ZodType, "input"),
  }));
}

function problemResponses(components: Components): Json {
  const schema = components.refTo(problem, "Problem", "output");
  const content = { [PROBLEM_TYPE]: { schema } };
  return {
    "4XX": { description: "The call is at fault; `code` says how", content },
    "5XX": { description: "The daemon can't do it now; `code` says why", content },
  };
}

function page(operationId: string, summary: string, type: string, schema: Json): Json {
  return { operationId, summary, responses: { 200: { description: "Done", content: { [type]: { schema } } } } };
}

const PROBE_WORDS: Readonly<Record<string, string>> = {
  live: "Whether it answers at all",
  ready: "Whether it is to be sent calls",
  startup: "Whether it has started",
};

/** To whoever asks, over TCP too: no token, whatever the Host. */
function probe(name: string): Json {
  const content = { "text/plain": { schema: { type: "string" } } };
  const responses = { 200: { description: "ok", content }, 503: { description: "A word that says why not", content } };
  return { operationId: `${name}Probe`, summary: PROBE_WORDS[name], security: [], responses };
}

/** Of these fields a body has one and not the other: a refinement, which zod can't put into JSON Schema. */
const EITHER = new Map<unknown, readonly string[]>([
  [classifyRequest, ["text", "texts"]],
  [modelUseRequest, ["dir", "default"]],
  [shadowRequest, ["dir", "name"]],
]);

/** Of these it has one at most. */
const NOT_BOTH = new Map<unknown, readonly string[]>([[classifyRequest, ["model", "models"]]]);

/** JSON Schema 2020-12, which is OpenAPI 3.1's own. Replies stay open to fields that a later release adds. */
function toJsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...jsonSchema } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema: made }) => {
      if (io === "output" && made.additionalProperties === false) delete made.additionalProperties;
      const fields = EITHER.get(zodSchema);
      if (fields) made.oneOf = fields.map((field) => ({ required: [field] }));
      const apart = NOT_BOTH.get(zodSchema);
      if (apart) made.not = { required: [...apart] };
    },
  });
  return jsonSchema;
}

if (import.meta.main) {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  const target = new URL("../dist/openapi.json", import.meta.url);
  mkdirSync(new URL(".", target), { recursive: true });
  writeFileSync(target, `${JSON.stringify(openApiDocument(manifest.version), null, 1)}\n`);
}
