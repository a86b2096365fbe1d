import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import type { Endpoint } from "../../../src/lib/protocol/endpoint.ts";
import { ENDPOINTS, PAGES, type EndpointName } from "../../../src/lib/protocol/endpoints.ts";
import { problem } from "../../../src/lib/protocol/problem.ts";
import { HEALTH } from "../../support/sample-replies.ts";
import { startApi } from "./support/api.ts";
import { examplePath, NEEDED_QUERIES, VALID_BODIES } from "./support/recording-services.ts";
import { Wire, ask, requestBytes } from "./support/wire.ts";
import type { WireReply } from "./support/wire.ts";

const CLASSIFY = ENDPOINTS.classify.path;

function codeOf(reply: WireReply): string {
  return problem.parse(JSON.parse(reply.body)).code;
}

describe("paths", () => {
  test("every endpoint is served with and without the closing slash", async () => {
    const { path, calls } = await startApi();
    for (const [name, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
      const body = VALID_BODIES[name as EndpointName];
      const call = { method: endpoint.method, ...(body ? { body } : {}) };
      const called = examplePath(endpoint);
      const query = NEEDED_QUERIES[name as EndpointName] ?? "";
      const withSlash = await ask(path, { ...call, path: `${called}${query}` });
      const without = await ask(path, { ...call, path: `${called.slice(0, -1)}${query}` });
      expect([200, 202].map((status) => `${name} ${status}`)).toContain(`${name} ${withSlash.status}`);
      expect([name, without.status, without.body]).toEqual([name, withSlash.status, withSlash.body]);
      const type = endpoint.stream ? "text/event-stream" : "application/json; charset=utf-8";
      expect(withSlash.headers["content-type"]).toBe(type);
    }
    expect(calls).toHaveLength(2 * Object.keys(ENDPOINTS).length);
  });

  test("the user socket refuses what is for the control socket, whatever the method, and serves the rest", async () => {
    const { path } = await startApi({ access: "user" });
    const refused: string[] = [];
    for (const { method, path: template } of Object.values<Endpoint>(ENDPOINTS)) {
      const called = examplePath({ path: template });
      const reply = await ask(path, { method, path: called });
      if (reply.status === 403 && codeOf(reply) === "CONTROL_ONLY") refused.push(called);
    }
    const forControl = Object.values<Endpoint>(ENDPOINTS).filter(({ access }) => access === "control");
    expect(refused).toEqual(forControl.map((endpoint) => examplePath(endpoint)));
    const wrongMethod = await ask(path, { method: "DELETE", path: ENDPOINTS.config.path.slice(0, -1) });
    expect(codeOf(wrongMethod)).toBe("CONTROL_ONLY");
  });

  test("a wrong method is told which are right", async () => {
    const { path } = await startApi();
    const get = await ask(path, { method: "POST", path: `${ENDPOINTS.health.path}?x=1` });
    expect([get.status, get.headers["allow"], codeOf(get)]).toEqual([405, "GET, HEAD", "METHOD_NOT_ALLOWED"]);
    const post = await ask(path, { path: CLASSIFY });
    expect([post.status, post.headers["allow"]]).toEqual([405, "POST"]);
  });

  test("HEAD is GET without the body", async () => {
    const { path } = await startApi();
    const wire = new Wire(path).send(
      requestBytes({ method: "HEAD", path: ENDPOINTS.health.path, headers: { connection: "close" } }),
    );
    const [head] = (await once(wire.socket, "data")) as [Buffer];
    await wire.closed;
    const get = await ask(path, { path: ENDPOINTS.health.path });
    expect(head.toString()).toMatch(/^HTTP\/1\.1 200 /);
    expect(head.toString()).toContain(`content-length: ${Buffer.byteLength(get.body)}\r\n`);
    expect(head.toString().endsWith("\r\n\r\n")).toBe(true);
  });
});

describe("bodies and queries", () => {
  test.each<EndpointName>(["recycle", "modelLoad", "modelUnload"])(
    "%s takes {}, an empty body, or none",
    async (name) => {
      const { path: socketPath, calls } = await startApi();
      const { path } = ENDPOINTS[name];
      const forms = [
        { body: "{}" },
        { body: "" },
        {},
        { headers: { "content-length": "0" } },
        { headers: { "content-length": "0", "content-type": "application/x-www-form-urlencoded" } },
        { headers: { "content-type": "application/json; charset=utf-8" } },
      ];
      for (const form of forms) expect((await ask(socketPath, { method: "POST", path, ...form })).status).toBe(202);
      expect(calls).toHaveLength(forms.length);
    },
  );

  test("wait decides between 202 at once and 200 when it is done", async () => {
    const { path, calls } = await startApi();
    const recycle = (query: string) =>
      ask(path, { method: "POST", path: `${ENDPOINTS.recycle.path}${query}`, body: '{"slot":1}' });
    expect([
      (await recycle("")).status,
      (await recycle("?wait=false")).status,
      (await recycle("?wait=true")).status,
    ]).toEqual([202, 202, 200]);
    expect(calls.map(({ args }) => args)).toEqual([
      [1, false, "control socket"],
      [1, false, "control socket"],
      [1, true, "control socket"],
    ]);
  });

  test("a text at fault is named by its index, a field by its path, and what was sent is not repeated", async () => {
    const { path } = await startApi();
    const classify = (body: unknown) => ask(path, { method: "POST", path: CLASSIFY, body: JSON.stringify(body) });
    const wrongType = problem.parse(JSON.parse((await classify({ texts: ["a", "b", 7] })).body));
    expect(wrongType).toMatchObject({
      code: "INVALID_REQUEST",
      index: 2,
      detail: "texts[2]: Invalid input: expected a string, or an object with text and textPair",
    });
    const unknown = problem.parse(JSON.parse((await classify({ text: "a", txet: "b" })).body));
    expect(unknown.detail).toBe(
      "body: a field that is not allowed here; allowed: text, textPair, texts, labels, template, multiLabel, model, models, partial, user, topK, priority, noCache, minScore, minMargin, candidates, thresholds",
    );
    const empty = problem.parse(JSON.parse((await classify({ texts: ["a", " "] })).body));
    expect(empty).toMatchObject({ code: "INVALID_TEXT", index: 1, detail: "text 1 is empty" });
  });

  test("256 texts pass, and a body of 1 MiB less the brackets", async () => {
    const { path } = await startApi();
    const many = await ask(path, {
      method: "POST",
      path: CLASSIFY,
      body: JSON.stringify({ texts: Array(256).fill("a") }),
    });
    expect(JSON.parse(many.body)).toMatchObject({ results: { length: 256 } });
    const large = JSON.stringify({ text: "a".repeat(1024 * 1024 - '{"text":""}'.length) });
    expect((await ask(path, { method: "POST", path: CLASSIFY, body: large })).status).toBe(200);
    expect((await ask(path, { method: "POST", path: CLASSIFY, body: `${large} ` })).status).toBe(413);
  });

  test("a connection outlives the errors on it", async () => {
    const { path } = await startApi();
    const wire = new Wire(path);
    const bad = ["{", '{"text":1}', `{"text":"${"a".repeat(2 * 1024 * 1024)}"}`, '{"text":"a"}'];
    const statuses: (number | undefined)[] = [];
    for (const body of bad) {
      wire.send(requestBytes({ method: "POST", path: CLASSIFY, body }));
      statuses.push((await wire.reply())?.status);
    }
    expect(statuses).toEqual([400, 400, 413, 200]);
    wire.end();
  });
});

describe("health and metrics", () => {
  test("health is 200 while it can serve and 503 with Retry-After while it can't", async () => {
    for (const [status, expected] of [
      ["ok", 200],
      ["degraded", 200],
      ["unhealthy", 503],
    ] as const) {
      const { path } = await startApi({ services: { health: async () => ({ ...HEALTH, status }) } });
      const reply = await ask(path, { path: ENDPOINTS.health.path });
      expect(reply.status).toBe(expected);
      expect(JSON.parse(reply.body)).toMatchObject({ status });
      expect(reply.headers["retry-after"]).toBe(expected === 503 ? "1" : undefined);
    }
  });

  test("metrics are JSON, and Prometheus text for whoever asks for it", async () => {
    const { path } = await startApi();
    const metrics = (accept?: string) =>
      ask(path, { path: ENDPOINTS.metrics.path, ...(accept ? { headers: { accept } } : {}) });
    const json = await metrics();
    expect([json.headers["content-type"], json.headers["vary"]]).toEqual(["application/json; charset=utf-8", "accept"]);
    const text = await metrics(
      "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
    );
    const page = await ask(path, { path: PAGES.prometheus });
    expect(text).toMatchObject({ status: 200, body: "combot_up 1\n" });
    expect(text.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect([page.status, page.body, page.headers["content-type"]]).toEqual([
      200,
      text.body,
      text.headers["content-type"],
    ]);
  });
});

describe("failures of the services", () => {
  test("a CombotError keeps its code, its status, its index and its Retry-After", async () => {
    const full = new CombotError("QUEUE_FULL", "1000 texts wait", { retryAfterSeconds: 0.2 });
    const poison = new CombotError("POISON_TEXT", "text 3 ended its worker", { index: 3 });
    for (const [error, retryAfter] of [
      [full, "1"],
      [poison, undefined],
    ] as const) {
      const { path } = await startApi({ services: { classify: () => Promise.reject(error) } });
      const reply = await ask(path, { method: "POST", path: CLASSIFY, body: '{"text":"a"}' });
      const told = problem.parse(JSON.parse(reply.body));
      expect(told).toMatchObject({ code: error.code, detail: error.message, status: reply.status });
      expect([told.index, reply.headers["retry-after"]]).toEqual([error.index, retryAfter]);
    }
  });

  test("a defect is a 500 that tells nothing, and a log line that has the stack and no text", async () => {
    const text = "my account is 4711";
    const { path, logLines } = await startApi({
      services: { classify: async (request) => JSON.parse(`${request.text}\n    at ${request.text}`) as never },
    });
    const reply = await ask(path, { method: "POST", path: CLASSIFY, body: JSON.stringify({ text, user: "u-4711" }) });
    expect(reply.status).toBe(500);
    expect(problem.parse(JSON.parse(reply.body)).detail).toBe("The request met a defect; the daemon's log has it.");
    const defects = logLines.filter((line) => line.includes("defect in a request"));
    expect(defects).toHaveLength(1);
    expect(JSON.parse(defects[0] ?? "")).toMatchObject({
      level: 50,
      method: "POST",
      route: CLASSIFY,
      error: { name: "SyntaxError" },
    });
    expect(defects[0]).toContain("routes.test.ts");
    expect(logLines.join("")).not.toContain("4711");
  });
});

describe("a client that hangs up", () => {
  test("aborts the classification it asked for", async () => {
    const started = Promise.withResolvers<AbortSignal>();
    const { path } = await startApi({
      services: {
        classify: (_request, hangUp) => {
          const signal = hangUp();
          started.resolve(signal);
          return once(signal, "abort").then(() => Promise.reject(signal.reason as Error));
        },
      },
    });
    const wire = new Wire(path).send(requestBytes({ method: "POST", path: CLASSIFY, body: '{"text":"a"}' }));
    const signal = await started.promise;
    expect(signal.aborted).toBe(false);
    wire.end();
    if (!signal.aborted) await once(signal, "abort");
  });

  test("aborts nothing once it has its reply", async () => {
    const signals: AbortSignal[] = [];
    const { path, app } = await startApi({
      services: {
        classify: async (_request, hangUp) => {
          signals.push(hangUp());
          return { results: [], model: { name: "m", digest: "d" }, durationMs: 0 };
        },
      },
    });
    const headers = { connection: "close" };
    const wire = new Wire(path).send(requestBytes({ method: "POST", path: CLASSIFY, body: '{"text":"a"}', headers }));
    expect((await wire.reply())?.status).toBe(200);
    await wire.closed;
    await app.close();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });
});

test("requests are logged at debug level only: id, method, route, status and duration, nothing else", async () => {
  const { path, logLines } = await startApi({ logLevel: "debug" });
  const wire = new Wire(path).send(
    requestBytes({
      method: "POST",
      path: `${CLASSIFY}?token=secret`,
      body: '{"text":"secret"}',
      headers: { connection: "close" },
    }),
  );
  await wire.reply();
  await wire.closed;
  const [line] = logLines.map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(line).toMatchObject({ level: 20, msg: "request answered", method: "POST", route: CLASSIFY, status: 200 });
  expect(Object.keys(line ?? {}).toSorted()).toEqual([
    "durationMs",
    "hostname",
    "level",
    "method",
    "msg",
    "pid",
    "requestId",
    "route",
    "status",
    "time",
  ]);

  const quiet = await startApi({ logLevel: "info" });
  await ask(quiet.path, { path: ENDPOINTS.health.path });
  await ask(quiet.path, { path: "/nowhere" });
  await quiet.app.close();
  expect(quiet.logLines).toEqual([]);
});

test("an idle connection is kept for as long as it was told", async () => {
  const { path } = await startApi({ keepAliveMs: 2000 });
  const reply = await ask(path, { path: ENDPOINTS.health.path });
  expect(reply.headers).toMatchObject({ connection: "keep-alive", "keep-alive": "timeout=2" });
});
