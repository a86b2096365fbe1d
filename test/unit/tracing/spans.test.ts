import { describe, expect, test } from "vitest";
import type { TracedCall } from "../../../src/lib/protocol/traced-call.ts";
import { spansOf } from "../../../src/daemon/tracing/spans.ts";

const CALL: TracedCall = {
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  parentId: "00f067aa0ba902b7",
  traceState: undefined,
  requestId: "order-42/7",
  method: "POST",
  route: "/api/classify/",
  status: 200,
  via: "user",
  startedAtMs: 1000,
  endedAtMs: 1021.5,
  timing: {
    source: "computed",
    queueMs: 4,
    computeMs: 8,
    steps: {
      askedAtMs: 1000.25,
      run: { queuedAtMs: 1002.5, startedAtMs: 1006.5, computeMs: 8, worker: 4711 },
      answeredAtMs: 1018.5,
    },
  },
};
/** 2026-01-02T03:04:05.000Z is 1,767,323,045 s after 1970. */
const EPOCH_MS = 1_767_323_045_000 - 1000;
const BASE = "1767323045";

function ids(): () => string {
  let at = 0;
  return () => String(++at).padStart(16, "0");
}

const idOf = (at: number): string => String(at).padStart(16, "0");

test("a computed call: what was when, in nanoseconds, and of which span each is a part", () => {
  const spans = spansOf(CALL, EPOCH_MS, ids());
  expect(
    spans.map(({ name, kind, spanId, parentSpanId, startTimeUnixNano, endTimeUnixNano }) => [
      name,
      kind,
      spanId,
      parentSpanId,
      startTimeUnixNano,
      endTimeUnixNano,
    ]),
  ).toEqual([
    ["POST /api/classify/", 2, idOf(1), "00f067aa0ba902b7", `${BASE}000000000`, `${BASE}021500000`],
    ["cache", 1, idOf(2), idOf(1), `${BASE}000250000`, `${BASE}002500000`],
    ["queue", 1, idOf(3), idOf(1), `${BASE}002500000`, `${BASE}006500000`],
    ["batch", 1, idOf(4), idOf(1), `${BASE}006500000`, `${BASE}018500000`],
    // 8 ms in the middle of 12.
    ["worker", 1, idOf(5), idOf(4), `${BASE}008500000`, `${BASE}016500000`],
  ]);
  expect(spans.every(({ traceId }) => traceId === CALL.traceId)).toBe(true);
  expect(spans[0]?.attributes).toEqual([
    { key: "http.request.method", value: { stringValue: "POST" } },
    { key: "http.route", value: { stringValue: "/api/classify/" } },
    { key: "http.response.status_code", value: { intValue: "200" } },
    { key: "combot.via", value: { stringValue: "user" } },
    { key: "combot.request_id", value: { stringValue: "order-42/7" } },
  ]);
  expect(spans[1]?.attributes).toEqual([{ key: "combot.cache", value: { stringValue: "computed" } }]);
  expect(spans[4]?.attributes).toEqual([{ key: "process.pid", value: { intValue: "4711" } }]);
  expect(spans.some((span) => "status" in span || "traceState" in span)).toBe(false);
});

describe("calls that went no further", () => {
  const names = (call: TracedCall) => spansOf(call, EPOCH_MS, ids()).map(({ name }) => name);

  test("one that was answered from the cache", () => {
    const steps = { askedAtMs: 1000.25, answeredAtMs: 1000.5 };
    const [, cache] = spansOf(
      { ...CALL, timing: { source: "memory", queueMs: 0, computeMs: 0, steps } },
      EPOCH_MS,
      ids(),
    );
    expect(cache).toMatchObject({ name: "cache", endTimeUnixNano: `${BASE}000500000` });
    expect(cache?.attributes).toEqual([{ key: "combot.cache", value: { stringValue: "memory" } }]);
  });

  test("one that classifies nothing, and one that was refused", () => {
    expect(names({ ...CALL, route: "/api/health/", method: "GET", timing: undefined })).toEqual(["GET /api/health/"]);
    const steps = { askedAtMs: 1000.25 };
    const refused = { ...CALL, status: 503, timing: { source: "memory", queueMs: 0, computeMs: 0, steps } } as const;
    expect(names(refused)).toEqual(["POST /api/classify/"]);
    expect(spansOf(refused, EPOCH_MS, ids())[0]?.status).toEqual({ code: 2 });
    expect(spansOf({ ...refused, status: 400 }, EPOCH_MS, ids())[0]).not.toHaveProperty("status");
  });

  test("what the caller's tracestate says goes along", () => {
    const spans = spansOf({ ...CALL, traceState: "vendor=1" }, EPOCH_MS, ids());
    expect(spans.map(({ traceState }) => traceState)).toEqual(Array(5).fill("vendor=1"));
  });
});
