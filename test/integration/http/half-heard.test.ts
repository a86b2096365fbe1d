import { once } from "node:events";
import { createConnection } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { problem } from "../../../src/lib/protocol/problem.ts";
import { startApi } from "./support/api.ts";
import { startTcpApi, TOKEN } from "./support/tcp-api.ts";
import { ask, requestBytes, Wire } from "./support/wire.ts";
import type { Place } from "./support/wire.ts";

const PATH = ENDPOINTS.classify.path;
const BODY = '{"text":"where is my parcel"}';
const CLASSIFY = { method: "POST", path: PATH, body: BODY } as const;
const authorization = `Bearer ${TOKEN}`;

/** All that comes until the server ends the connection, of a client that shuts its side when it has said all. */
async function heard(place: Place, bytes: Buffer, shutAfterMs: number | undefined): Promise<string> {
  const to = typeof place === "string" ? { path: place } : place;
  const socket = createConnection({ ...to, allowHalfOpen: true });
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  socket.on("error", () => undefined);
  socket.write(bytes);
  if (shutAfterMs !== undefined) {
    await delay(shutAfterMs);
    socket.end();
  }
  await once(socket, "end");
  socket.destroy();
  return received;
}

/** A service that takes some time, and tells whether its client went. */
function slowly() {
  const state = { gone: 0 };
  const classify = async (_request: unknown, hangUp: () => AbortSignal) => {
    const signal = hangUp();
    await delay(300);
    if (signal.aborted) state.gone += 1;
    return { results: [], model: { name: "m", digest: "d" }, durationMs: 0 };
  };
  return { state, services: { classify } };
}

describe("a client that shuts its sending side", () => {
  test.each([
    ["with its call", 0],
    ["a while later", 150],
  ])("%s gets its answer, and the end of the connection", async (_when, shutAfterMs) => {
    const { state, services } = slowly();
    const { path } = await startApi({ services });
    const reply = await heard(path, requestBytes(CLASSIFY), shutAfterMs);
    expect(reply).toMatch(/^HTTP\/1\.1 200 /u);
    expect(reply.toLowerCase()).toContain("connection: close");
    expect(state.gone).toBe(0);
  });

  test("gets both answers of a pipeline", async () => {
    const { services } = slowly();
    const { path } = await startApi({ services });
    const reply = await heard(path, Buffer.concat([requestBytes(CLASSIFY), requestBytes(CLASSIFY)]), 0);
    expect(reply.match(/HTTP\/1\.1 200 /gu)).toHaveLength(2);
  });

  test("is socat behind a pipe", async () => {
    const { path } = await startApi();
    const child = runApart("socat", ["-t", "5", "-", `UNIX-CONNECT:${path}`], requestBytes(CLASSIFY));
    expect(await child).toMatch(/^HTTP\/1\.1 200 /u);
  });

  test("over TCP gets its answer too", async () => {
    const { place } = await startTcpApi();
    const call = requestBytes({ ...CLASSIFY, headers: { authorization } });
    expect(await heard(place, call, 0)).toMatch(/^HTTP\/1\.1 200 /u);
  });

  test("and one that went is noticed as ever", async () => {
    const { state, services } = slowly();
    const { path } = await startApi({ services });
    const socket = createConnection(path);
    await once(socket, "connect");
    socket.write(requestBytes(CLASSIFY));
    await delay(50);
    socket.destroy();
    await expect.poll(() => state.gone, { interval: 10 }).toBe(1);
  });
});

/** Not in this process, whose event loop has the server. */
async function runApart(command: string, args: readonly string[], input: Buffer): Promise<string> {
  const { spawn } = await import("node:child_process");
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.end(input);
  await once(child, "close");
  return said;
}

describe("absolute-form targets", () => {
  function absolute(target: string, headers: Readonly<Record<string, string>> = {}): Buffer {
    return requestBytes({ ...CLASSIFY, path: target, headers });
  }

  test.each([`http://localhost${PATH}`, `HTTP://localhost:80${PATH}`, `https://localhost${PATH}?a=1`])(
    "%s is served",
    async (target) => {
      const { path } = await startApi();
      expect((await ask(path, absolute(target))).status).toBe(200);
      const { place } = await startTcpApi();
      expect((await ask(place, absolute(target, { authorization }))).status).toBe(200);
    },
  );

  test.each([
    ["http://localhost", 404],
    ["http://localhost?x", 404],
    ["http://localhost/nothing", 404],
    ["http:///api/classify/", 400],
    ["ftp://localhost/api/classify/", 404],
  ])("%s is not there", async (target, status) => {
    const { path } = await startApi();
    expect((await ask(path, absolute(target))).status).toBe(status);
  });

  test("the host in it counts, and not the header's", async () => {
    const { place } = await startTcpApi();
    const [ours, theirs] = ["localhost", "evil.example"];
    expect((await ask(place, absolute(`http://${theirs}${PATH}`, { host: ours, authorization }))).status).toBe(403);
    expect((await ask(place, absolute(`http://${ours}${PATH}`, { host: theirs, authorization }))).status).toBe(200);
  });
});

describe("Expect: 100-continue", () => {
  async function interim(place: Place, headers: Readonly<Record<string, string>>): Promise<string> {
    const head = requestBytes({ method: "POST", path: PATH, headers: { ...headers, expect: "100-continue" } });
    const socket = typeof place === "string" ? createConnection(place) : createConnection(place);
    socket.write(head);
    const [first] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return first.toString();
  }

  const JSON_TYPE = { "content-type": "application/json" };

  test.each(["info", "debug"])("is told to go on, and answered, log level %s", async (logLevel) => {
    const { path } = await startApi({ logLevel });
    const length = String(BODY.length);
    expect(await interim(path, { ...JSON_TYPE, "content-length": length })).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    const whole = requestBytes({ ...CLASSIFY, headers: { expect: "100-continue" } });
    expect((await ask(path, whole)).status).toBe(200);
  });

  test.each([
    ["too large a body", { ...JSON_TYPE, "content-length": "2000000" }, 413],
    ["no token", { ...JSON_TYPE, "content-length": "20" }, 401],
  ])("%s is refused at once, without a word to go on, and the connection ends", async (_name, headers, status) => {
    const place = status === 401 ? (await startTcpApi()).place : (await startApi()).path;
    const from = performance.now();
    const head = requestBytes({ method: "POST", path: PATH, headers: { ...headers, expect: "100-continue" } });
    const reply = await heard(place, head, undefined);
    expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `, "u"));
    expect(reply.toLowerCase()).toContain("connection: close");
    expect(performance.now() - from).toBeLessThan(900);
  });
});

test.each(["info", "debug"])("a compressed body is refused, with what is taken, log level %s", async (logLevel) => {
  const { path } = await startApi({ logLevel });
  const reply = await ask(path, { ...CLASSIFY, headers: { "content-encoding": "gzip" }, body: gzipSync(BODY) });
  expect([reply.status, problem.parse(JSON.parse(reply.body)).code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
  expect(reply.headers["accept-encoding"]).toBe("identity");
  expect((await ask(path, { ...CLASSIFY, headers: { "content-encoding": "identity" } })).status).toBe(200);
});

test.each(["info", "debug"])("two Host headers are a 400, equal ones too, log level %s", async (logLevel) => {
  const { path, calls } = await startApi({ logLevel });
  for (const target of [PATH, "/api/health/", "/livez"]) {
    const lines = [`POST ${target} HTTP/1.1`, "host: a", "content-type: application/json", "HOST: a"];
    const reply = await ask(path, Buffer.from([...lines, `content-length: ${BODY.length}`, "", BODY].join("\r\n")));
    expect([target, reply.status]).toEqual([target, 400]);
  }
  expect(calls).toEqual([]);
});

/** Calls, and their status. */
const LAST_CALLS: Readonly<Record<string, readonly [Buffer, number]>> = {
  "an answer": [requestBytes(CLASSIFY), 200],
  "other calls": [requestBytes({ path: "/api/health/" }), 200],
  "not JSON": [requestBytes({ ...CLASSIFY, body: "{" }), 400],
  "no such path": [requestBytes({ path: "/nothing" }), 404],
  "another type": [requestBytes({ ...CLASSIFY, headers: { "content-type": "text/plain" } }), 415],
  "too large": [requestBytes({ ...CLASSIFY, body: `{"text":"${"a".repeat(1_100_000)}"}` }), 413],
  "too large, and only announced": [requestBytes({ ...CLASSIFY, headers: { "content-length": "2000000" } }), 413],
};

describe.each(Object.keys(LAST_CALLS))("the connection's last call: %s", (name) => {
  const [bytes, status] = LAST_CALLS[name]!;

  test.each([
    ["Connection: close", (text: string) => text.replace("\r\n", "\r\nConnection: close\r\n")],
    ["HTTP/1.0", (text: string) => text.replace("HTTP/1.1", "HTTP/1.0")],
  ])("%s is obeyed: the reply says so, and who reads to the end is done at once", async (_how, changed) => {
    const { path } = await startApi({ logLevel: "info" });
    const { place } = await startTcpApi();
    const withToken = bytes.toString("latin1").replace("\r\n", `\r\nauthorization: ${authorization}\r\n`);
    for (const [at, text] of [
      [path, bytes.toString("latin1")],
      [place, withToken],
    ] as const) {
      const from = performance.now();
      const reply = await heard(at, Buffer.from(changed(text), "latin1"), undefined);
      expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `, "u"));
      expect(reply.toLowerCase()).toContain("\r\nconnection: close\r\n");
      expect(performance.now() - from).toBeLessThan(900);
    }
  });
});

test("a refused call leaves the connection open for the next one", async () => {
  const { path } = await startApi({ logLevel: "info" });
  const wire = new Wire(path).send(requestBytes({ ...CLASSIFY, headers: { "content-type": "text/plain" } }));
  expect((await wire.reply())?.headers["connection"]).toBe("keep-alive");
  expect((await wire.send(requestBytes(CLASSIFY)).reply())?.status).toBe(200);
  wire.end();
});
