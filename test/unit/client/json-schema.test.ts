import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openApiDocument } from "../../../scripts/openapi.ts";
import type { RawReply } from "../../../src/lib/client/exchange.ts";
import { certainlyFits } from "../../../src/lib/client/json-schema.ts";
import { readKnownReply, type ReplySchemas } from "../../../src/lib/client/known-replies.ts";
import { ERRORS } from "../../../src/lib/error-table.ts";
import { ROUTES } from "../../../src/lib/client/routes.ts";
import type { Endpoint } from "../../../src/lib/protocol/endpoint.ts";
import { type EndpointName, ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { CONFIG, HEALTH, MEMORY, METRICS, PROCESS_STATUS } from "../../support/sample-replies.ts";

const SCHEMAS = openApiDocument("0.0.0") as unknown as ReplySchemas;

const RESULT = { label: "a", score: 0.5, scores: [{ label: "a", score: 0.5 }], cached: "redis", coalesced: true };
const SAMPLES: Partial<Record<EndpointName, object>> = {
  classify: {
    results: [RESULT, { label: "b", score: 1, cached: false }],
    model: { name: "m", digest: "d" },
    durationMs: 1,
  },
  health: HEALTH,
  memory: MEMORY,
  metrics: METRICS,
  processStatus: PROCESS_STATUS,
  recycle: { recycles: [{ slot: 0, done: true, durationMs: 1, freedBytes: -1 }] },
  modelLoad: { started: [0], ready: [0], durationMs: 1 },
  modelUnload: { stopped: [0], beforeBytes: 1, afterBytes: null, freedBytes: null, durationMs: 1 },
  config: CONFIG,
};
const NAMES = Object.keys(SAMPLES) as EndpointName[];

function raw(body: unknown): RawReply {
  return { status: 200, retryAfterSeconds: undefined, body: JSON.stringify(body) };
}

/** The places in a value, as paths of keys. */
function places(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, child]) => places(child, [...at, key]))];
}

/** A copy with something else in one place; `undefined` takes what is there away. */
function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = changed(copy[key], rest, to);
  return copy;
}

describe("a known reply", () => {
  test("of several models, one of which could not answer, needs no zod", () => {
    const { title, http: status } = ERRORS.QUEUE_FULL;
    const problem = { type: "urn:combot:error:QUEUE_FULL", title, status, detail: "d", code: "QUEUE_FULL" };
    const reply = {
      results: [{ byModel: { mood: RESULT, topic: problem } }],
      models: { mood: { name: "mood", digest: "d" } },
      durationMs: 1,
    };
    expect(readKnownReply(SCHEMAS, ROUTES.classify, raw(reply))).toEqual(reply);
  });

  test.each(NAMES)("%s: a good one needs no zod", (name) => {
    expect(readKnownReply(SCHEMAS, ROUTES[name], raw(SAMPLES[name]))).toEqual(SAMPLES[name]);
  });

  test("is one that zod takes as it is, whatever was changed in it", () => {
    const other = fc.oneof(
      fc.constantFrom(undefined, null, true, -1, 0.5, 2, 1e300, "", "ok", [], {}, { newer: 1 }),
      fc.jsonValue({ maxDepth: 1 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.nat(), other, (name, place, to) => {
        const all = places(SAMPLES[name]);
        const value = changed(SAMPLES[name], all[place % all.length] ?? [], to);
        fc.pre(value !== undefined);
        const reply = raw(value);
        const known = readKnownReply(SCHEMAS, ROUTES[name], reply);
        const endpoint: Endpoint = ENDPOINTS[name];
        const judged = endpoint.replies[200]?.safeParse(JSON.parse(reply.body));
        if (known !== undefined) expect(judged).toMatchObject({ success: true, data: known });
      }),
      { numRuns: 2000 },
    );
  });

  test("is none without a schema for its status, nor if it is not JSON", () => {
    expect(readKnownReply(SCHEMAS, ROUTES.health, { ...raw(HEALTH), status: 418 })).toBeUndefined();
    expect(readKnownReply(SCHEMAS, ROUTES.health, { ...raw(HEALTH), body: "{" })).toBeUndefined();
  });
});

test("what is not understood is not taken", () => {
  expect(certainlyFits({ type: "string" }, "a")).toBe(true);
  expect(certainlyFits({ type: "string", pattern: "b" }, "a")).toBe(false);
  expect(certainlyFits({ type: "void" }, undefined)).toBe(false);
  expect(certainlyFits({ type: "object", properties: { a: {} } }, { a: 1, b: 2 })).toBe(false);
});
