import { createServer } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openShortWay } from "../../../src/daemon/http/short-way.ts";
import { CombotError } from "../../../src/lib/errors.ts";
import { problemOf } from "../../../src/lib/protocol/problem.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { startApi } from "./support/api.ts";
import { recordingServices } from "./support/recording-services.ts";
import { ask } from "./support/wire.ts";
import type { WireReply } from "./support/wire.ts";

const { path: PATH } = ENDPOINTS.classify;
const BODY = '{"text":"where is my parcel"}';

function post(lines: readonly string[], body = BODY, path: string = PATH): Buffer {
  const all = [`POST ${path} HTTP/1.1`, ...lines, `content-length: ${Buffer.byteLength(body)}`];
  return Buffer.from(`${all.join("\r\n")}\r\n\r\n${body}`);
}

/** Without the date, and without the hint of how long the connection is kept, which Fastify leaves out of a refusal. */
function told({ status, headers: { date: _date, "keep-alive": _hint, ...headers }, body }: WireReply): unknown {
  return { status, headers, body };
}

/** With an id of the caller's, since one that is made differs. */
const PLAIN = ["host: x", "x-request-id: same", "content-type: application/json"];
const CALLS: readonly (readonly [name: string, bytes: Buffer, way: "short" | "long"])[] = [
  ["a plain call", post(PLAIN), "short"],
  ["a charset", post(["host: x", "content-type: application/json; charset=utf-8"]), "long"],
  ["another type", post(["host: x", "content-type: text/plain"]), "long"],
  ["no type", post(["host: x"]), "long"],
  ["no host", post(["content-type: application/json"]), "long"],
  ["a query", post(PLAIN, BODY, `${PATH}?a=1`), "long"],
  ["another path", post(PLAIN, BODY, "/api/cleanup/"), "long"],
  ["a body over 1 MiB", post(PLAIN, `{"text":"${"a".repeat(1024 * 1024)}"}`), "long"],
  [
    "chunks",
    Buffer.from(`POST ${PATH} HTTP/1.1\r\n${PLAIN.join("\r\n")}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    "long",
  ],
];

test.each(CALLS)("%s", async (_name, bytes, way) => {
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    request.resume();
    response.end('"long"');
  });
  const { services } = recordingServices();
  const problemFor = () => ({ status: 500, headers: {}, body: Buffer.from("") });
  const requestLog = { isOn: false, follow: () => undefined };
  openShortWay(server, { services, problemFor, isOpen: () => true, requestLog });
  const path = join(temporaryFolder(), "way.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => server.close().closeAllConnections());
  const { status, body } = await ask(path, bytes);
  expect({ status, way: body === '"long"' ? "long" : "short" }).toEqual({ status: 200, way });
});

test.each([
  ["an answer", post(PLAIN)],
  ["several texts", post(PLAIN, '{"texts":["where is my parcel","Grüße 👋"],"topK":2,"user":"somebody"}')],
  ["no body", post(PLAIN, "")],
  ["a body in two writes", post(PLAIN)],
  ["not JSON", post(PLAIN, "{")],
  ["a text with NUL", post(PLAIN, String.raw`{"text":"a\u0000b"}`)],
  ["pairs", post(PLAIN, '{"texts":["a",{"text":"b","textPair":"c"}]}')],
  ["a pair that is none", post(PLAIN, '{"texts":["a",{"text":"b","textPair":[]}]}')],
  ["labels of its own", post(PLAIN, '{"text":"a","labels":["x","y"],"template":"so {}","multiLabel":true}')],
  ["several models", post(PLAIN, '{"texts":["a","b"],"models":["one","two","three"],"partial":true}')],
  ["a model twice", post(PLAIN, '{"text":"a","models":["one","one"]}')],
  ["labels that are equal", post(PLAIN, '{"text":"a","labels":["x","x"]}')],
  ["too many scores", post(PLAIN, JSON.stringify({ texts: Array(256).fill("a"), topK: 257 }))],
])("%s is the same on both ways", async (_name, bytes) => {
  const [short, long] = await Promise.all(["info", "debug"].map((logLevel) => startApi({ logLevel })));
  const replies = await Promise.all([short!, long!].map(({ path }) => ask(path, bytes)));
  const [first, second] = replies.map(told);
  expect(first).toEqual(second);
});

test("a reply that is made in turns is the same on both ways, and what JSON.stringify makes of it", async () => {
  const scores = Array.from({ length: 2500 }, (_, at) => ({ label: `label "${at}" ü`, score: at / 2500 }));
  const best = { label: "a", score: 0.5, cached: false } as const;
  const reply = {
    results: [{ ...best, scores, truncated: true } as const, best, { ...best, scores: scores.slice(0, 1) }],
    model: { name: "m", digest: "d" },
    durationMs: 1.5,
  };
  const services = { classify: () => Promise.resolve(reply) };
  const apis = await Promise.all(["info", "debug"].map((logLevel) => startApi({ logLevel, services })));
  const [first, second] = await Promise.all(apis.map(({ path }) => ask(path, post(PLAIN))));
  expect(told(first!)).toEqual(told(second!));
  expect(JSON.parse(Buffer.from(first!.body, "utf8").toString())).toEqual(reply);
});

test("a refusal and a defect are the same on both ways", async () => {
  for (const thrown of [new CombotError("QUEUE_FULL", "queue: full", { retryAfterSeconds: 3 }), new Error("secret")]) {
    const services = { classify: () => Promise.reject(thrown) };
    const apis = await Promise.all(["info", "debug"].map((logLevel) => startApi({ logLevel, services })));
    const replies = await Promise.all(apis.map(({ path }) => ask(path, post(PLAIN))));
    const [first, second] = replies.map(told);
    expect(first).toEqual(second);
    expect(replies[0]?.status).toBe(thrown instanceof CombotError ? 503 : 500);
    expect(apis[0]?.logLines.join("")).not.toContain("secret");
  }
});

test("what several models say is made in turns too, and a call for one asks for one", async () => {
  const scores = Array.from({ length: 700 }, (_, at) => ({ label: `label "${at}" ü`, score: at / 2500 }));
  const best = { label: "a", score: 0.5, cached: false } as const;
  const problem = problemOf(new CombotError("QUEUE_FULL", "two: full"));
  const reply = {
    results: [
      { byModel: { one: { ...best, scores }, two: problem } },
      { byModel: { one: { ...best, scores, truncated: true as const }, two: best } },
    ],
    models: { one: { name: "m", digest: "d" } },
    durationMs: 1.5,
  };
  const services = { classifySeveral: () => Promise.resolve(reply) };
  const apis = await Promise.all(["info", "debug"].map((logLevel) => startApi({ logLevel, services })));
  const asked = post(PLAIN, '{"texts":["a","b"],"models":["one","two"],"partial":true}');
  const [first, second] = await Promise.all(apis.map(({ path }) => ask(path, asked)));
  expect(told(first!)).toEqual(told(second!));
  expect(JSON.parse(Buffer.from(first!.body, "utf8").toString())).toEqual(reply);
  await ask(apis[0]!.path, post(PLAIN));
  expect(apis[0]!.calls.map(({ name }) => name)).toEqual(["classifySeveral", "classify"]);
});
