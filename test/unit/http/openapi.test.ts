import { expect, test } from "vitest";
import { openApiDocument } from "../../../scripts/openapi.ts";
import { ENDPOINTS, PAGES, PROBES } from "../../../src/lib/protocol/endpoints.ts";
import type { Endpoint } from "../../../src/lib/protocol/endpoint.ts";
import { ERRORS } from "../../../src/lib/error-table.ts";

const document = openApiDocument("1.2.3");

test("every endpoint is described, and nothing else is", () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const endpoints = Object.values<Endpoint>(ENDPOINTS).map(({ method, path }) => `${method} ${path}`);
  const pages = [...Object.values(PAGES), ...Object.values(PROBES)].map((path) => `GET ${path}`);
  // Those of COMBOT_COMPAT are held against the server in test/integration/http.
  const own = described.filter((operation) => !/ \/(hf|tei|v2)(\/|$)/.test(operation));
  expect(own.toSorted()).toEqual([...endpoints, ...pages].toSorted());
  expect(described.length - own.length).toBe(17);
  expect(document).toMatchObject({ openapi: "3.1.0", info: { title: "combot", version: "1.2.3" } });
});

test.each(Object.entries<Endpoint>(ENDPOINTS))(
  "%s has its statuses, its problems, its query and its body",
  (name, endpoint) => {
    const operation = document.paths[endpoint.path]?.[endpoint.method.toLowerCase()];
    expect(operation).toMatchObject({ operationId: name, summary: endpoint.summary });
    const { responses, parameters, requestBody, description } = operation as Record<string, Record<string, unknown>>;
    expect(Object.keys(responses ?? {}).toSorted()).toEqual(
      [...Object.keys(endpoint.replies), "4XX", "5XX"].toSorted(),
    );
    expect(parameters === undefined).toBe(endpoint.query === undefined && endpoint.params === undefined);
    expect(requestBody === undefined).toBe(endpoint.body === undefined);
    expect(description === undefined).toBe(endpoint.access === "user");
  },
);

test("every reference leads to a schema, and every schema is used", () => {
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(new Set(references)).toEqual(new Set(Object.keys(document.components.schemas)));
});

test("the problem's codes are those of the table of errors", () => {
  expect(document.components.schemas["Problem"]).toMatchObject({ properties: { code: { enum: Object.keys(ERRORS) } } });
});

test("classify takes either text or texts, at most 256, and no field that it does not know", () => {
  expect(document.components.schemas["ClassifyRequest"]).toMatchObject({
    additionalProperties: false,
    oneOf: [{ required: ["text"] }, { required: ["texts"] }],
    properties: { texts: { minItems: 1, maxItems: 256 } },
  });
  expect(document.paths["/api/classify/"]?.["post"]).toMatchObject({ requestBody: { required: true } });
  expect(document.paths["/api/process/recycle/"]?.["post"]).toMatchObject({ requestBody: { required: false } });
});

test("a map keeps what its values are", () => {
  const { properties } = document.components.schemas["MetricsReply"] as { properties: Record<string, unknown> };
  expect(properties["errors"]).toMatchObject({ type: "object", additionalProperties: { type: "integer", minimum: 0 } });
});
