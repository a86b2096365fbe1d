import { describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { startApi } from "./support/api.ts";
import { startTcpApi } from "./support/tcp-api.ts";
import { ask, requestBytes } from "./support/wire.ts";
import type { Place, WireReply } from "./support/wire.ts";

const SECRET = "geheim4711";
const CLASSIFY = { method: "POST", path: ENDPOINTS.classify.path, body: `{"text":"${SECRET}","user":"${SECRET}"}` };
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

function requestIdIn({ headers, body }: WireReply): string[] {
  const told = body.startsWith("{") ? (JSON.parse(body) as { requestId?: string }).requestId : undefined;
  return [headers["x-request-id"] ?? "none", ...(told === undefined ? [] : [told])];
}

/** Calls of all kinds, and how many places of the reply have the id. */
const CALLS: readonly (readonly [name: string, bytes: Buffer, places: number])[] = [
  ["the short way", requestBytes(CLASSIFY), 1],
  ["its refusals", requestBytes({ ...CLASSIFY, body: "{" }), 2],
  ["the long way", requestBytes({ ...CLASSIFY, headers: { "content-type": "application/json; charset=utf-8" } }), 1],
  ["other calls", requestBytes({ path: ENDPOINTS.health.path }), 1],
  ["a probe", requestBytes({ path: "/livez" }), 1],
  ["no such path", requestBytes({ path: "/nothing" }), 2],
  ["another method", requestBytes({ method: "DELETE", path: ENDPOINTS.classify.path }), 2],
  ["a path that can't be read", requestBytes({ path: "/%zz" }), 2],
  ["two hosts", Buffer.from("GET / HTTP/1.1\r\nhost: a\r\nHost: a\r\n\r\n"), 2],
  ["an expectation", requestBytes({ path: "/", headers: { expect: "a-lot" } }), 2],
  ["a stream", requestBytes({ path: ENDPOINTS.events.path }), 1],
];

describe.each(CALLS)("%s", (_name, bytes, places) => {
  test.each(["info", "debug"])("has a made id, or the one that was given, log level %s", async (logLevel) => {
    const { path } = await startApi({ logLevel });
    const made = requestIdIn(await ask(path, bytes));
    expect(made).toEqual(Array(places).fill(expect.stringMatching(UUID_V7)));
    expect(new Set(made).size).toBe(1);
    const named = Buffer.from(bytes.toString().replace("\r\n", "\r\nX-Request-ID: order-42/7\r\n"));
    expect(requestIdIn(await ask(path, named))).toEqual(Array(places).fill("order-42/7"));
  });
});

test("what is no request gets an id of its own", async () => {
  const { path } = await startApi();
  const reply = await ask(path, Buffer.from("nonsense\r\n\r\n"));
  expect([reply.status, ...requestIdIn(reply)]).toEqual([400, ...Array(2).fill(expect.stringMatching(UUID_V7))]);
});

test("a refusal over TCP has one", async () => {
  const { place } = await startTcpApi();
  const reply = await ask(place, requestBytes({ ...CLASSIFY, headers: { "x-request-id": "mine" } }));
  expect([reply.status, ...requestIdIn(reply)]).toEqual([401, "mine", "mine"]);
});

test("a defect's line in the log has it", async () => {
  const services = { classify: () => Promise.reject(new Error(SECRET)) };
  const { path, logLines } = await startApi({ logLevel: "info", services });
  await ask(path, requestBytes({ ...CLASSIFY, headers: { "x-request-id": "mine" } }));
  expect(logLines.map((line) => JSON.parse(line) as object)).toMatchObject([{ level: 50, requestId: "mine" }]);
});

test.each(["info", "debug"])("Server-Timing tells queue, compute and cache, log level %s", async (logLevel) => {
  const { path } = await startApi({ logLevel });
  const { headers } = await ask(path, CLASSIFY);
  expect(headers["server-timing"]).toBe("cache;desc=computed, queue;dur=1.5, compute;dur=0");
});

describe("the access log", () => {
  async function linesOf(place: Place, logLines: readonly string[], calls: readonly Buffer[]): Promise<object[]> {
    for (const bytes of calls) await ask(place, bytes);
    await expect.poll(() => logLines.length, { interval: 5 }).toBeGreaterThanOrEqual(calls.length);
    return logLines.map((line) => JSON.parse(line) as object);
  }

  const headers = {
    "x-request-id": "mine",
    traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    authorization: `Bearer ${SECRET}`,
    cookie: SECRET,
  };
  const place = `/api/cache/product/${SECRET}/?${SECRET}`;

  test.each(["short", "long"])(
    "has a line a call at any level, without text, user or token: the %s way",
    async (way) => {
      const type = way === "short" ? "application/json" : "application/json;charset=utf-8";
      const { path, logLines } = await startApi({ logLevel: "warn", isAccessLogged: () => true });
      const lines = await linesOf(path, logLines, [
        requestBytes({ ...CLASSIFY, headers: { ...headers, "content-type": type } }),
        requestBytes({ path: place, headers: { ...headers, traceparent: `00-${TRACE}-00f067aa0ba902b7-00` } }),
        requestBytes({ method: "POST", path: `/${SECRET}`, headers }),
      ]);
      const same = { level: 30, time: expect.anything(), pid: expect.anything(), hostname: expect.anything() };
      const every = { ...same, requestId: "mine", via: "control", durationMs: expect.any(Number), msg: "call" };
      const trace = { traceId: TRACE, parentId: "00f067aa0ba902b7" };
      expect(lines).toEqual([
        {
          ...every,
          method: "POST",
          route: ENDPOINTS.classify.path,
          status: 200,
          cache: "computed",
          queueMs: 1.5,
          computeMs: 0,
          ...trace,
        },
        { ...every, method: "GET", route: "/api/cache/:namespace/:key/", status: 200 },
        { ...every, method: "POST", route: "unknown", status: 404, ...trace },
      ]);
      expect(logLines.join("")).not.toContain(SECRET);
    },
  );

  test("is read at each call: a reload turns it on and off", async () => {
    let isOn = false;
    const { path, logLines } = await startApi({ logLevel: "info", isAccessLogged: () => isOn });
    await ask(path, CLASSIFY);
    isOn = true;
    await linesOf(path, logLines, [requestBytes(CLASSIFY)]);
    isOn = false;
    await ask(path, CLASSIFY);
    expect(logLines).toHaveLength(1);
  });

  test("a refused call has its status and no times that nobody measured", async () => {
    const services = { classify: () => Promise.reject(new CombotError("QUEUE_FULL", "full")) };
    const { path, logLines } = await startApi({ logLevel: "info", isAccessLogged: () => true, services });
    const [line] = await linesOf(path, logLines, [requestBytes(CLASSIFY)]);
    expect(line).toMatchObject({ status: 503, route: ENDPOINTS.classify.path });
    expect(line).not.toHaveProperty("cache");
  });
});
