import { once } from "node:events";
import { expect, test } from "vitest";
import type { EventListener } from "../../../src/daemon/http/services.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { HEALTH } from "../../support/sample-replies.ts";
import { startApi } from "./support/api.ts";
import { ask, requestBytes, Wire } from "./support/wire.ts";
import type { WireReply } from "./support/wire.ts";

const HEALTH_BYTES = requestBytes({ path: ENDPOINTS.health.path });
const CONNECT = "CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n";
const GARBAGE = "GARBAGE\r\n\r\n";

function classifyBytes(text: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  return requestBytes({ method: "POST", path: ENDPOINTS.classify.path, body: JSON.stringify({ text }), headers });
}

/** In chunks of one byte less than half. */
function chunkedBytes(text: string): Buffer {
  const body = JSON.stringify({ text });
  const parts = [body.slice(0, 5), body.slice(5)].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
  const head = `POST ${ENDPOINTS.classify.path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  return Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${parts.join("")}0\r\n\r\n`);
}

async function repliesOf(wire: Wire): Promise<readonly WireReply[]> {
  const replies: WireReply[] = [];
  for (let reply = await wire.reply(); reply; reply = await wire.reply()) replies.push(reply);
  return replies;
}

/** Answers each call with its text as the label, and knows how many were in work at once. */
function echo(): {
  readonly most: number;
  readonly classify: (call: { text?: string | undefined }) => Promise<ClassifyReply>;
} {
  let open = 0;
  const told = {
    most: 0,
    classify: async ({ text = "" }) => {
      told.most = Math.max(told.most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return { results: [{ label: text, score: 1, cached: false }], model: { name: "m", digest: "d" }, durationMs: 0 };
    },
  };
  return told as ReturnType<typeof echo>;
}

function labelOf({ body }: WireReply): string {
  return (JSON.parse(body) as ClassifyReply).results[0]?.label ?? "";
}

// With "info" classify calls go the short way, past Fastify.
test.each(["trace", "info"])(
  "a pipeline in pieces of any size is answered whole, in order and one request at a time, log level %s",
  async (logLevel) => {
    const service = echo();
    const { path } = await startApi({ logLevel, services: { classify: service.classify } });
    const texts = Array.from({ length: 40 }, (_, index) => `text ${index} ${"x".repeat(index * 7)}`);
    const asked = texts.map((text, index) =>
      index % 3 === 0 ? chunkedBytes(text) : classifyBytes(text, index % 5 === 0 ? { expect: "100-continue" } : {}),
    );
    const bytes = Buffer.concat(asked);
    for (const size of [bytes.length, 1000, 61, 7]) {
      const wire = new Wire(path);
      for (let at = 0; at < bytes.length; at += size) {
        wire.send(bytes.subarray(at, at + size));
        // Written by itself, so that it is read by itself as well.
        if (size < 1000) await new Promise((resolve) => setImmediate(resolve));
      }
      const replies: (WireReply | undefined)[] = [];
      for (const _ of texts) replies.push(await wire.reply());
      expect(replies.map((reply) => reply && labelOf(reply))).toEqual(texts);
      wire.end();
    }
    expect(service.most).toBe(1);
  },
);

test.each(["trace", "info"])(
  "what comes while a request waits for the reply before it is answered too, and not read meanwhile, log level %s",
  async (logLevel) => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const service = echo();
    const classify = async (call: { text?: string | undefined }): Promise<ClassifyReply> => {
      if (call.text === "late") {
        begun.resolve();
        await gate.promise;
      }
      return service.classify(call);
    };
    const { path } = await startApi({ logLevel, services: { classify } });
    // Behind a reply without a body to read Node resumes the socket by itself.
    const first = [HEALTH_BYTES, HEALTH_BYTES, classifyBytes("late"), classifyBytes("held")];
    const wire = new Wire(path).send(Buffer.concat([...first, HEALTH_BYTES.subarray(0, 10)]));
    await begun.promise;
    const long = classifyBytes("x".repeat(900_000));
    wire.send(Buffer.concat([HEALTH_BYTES.subarray(10), classifyBytes("after"), long, long]));
    for (let turn = 0; turn < 50; turn++) expect((await ask(path, HEALTH_BYTES)).status).toBe(200);
    // What the kernel has no room for waits where it was sent.
    expect(wire.socket.writableLength).toBeGreaterThan(900_000);
    gate.resolve();
    const replies: (WireReply | undefined)[] = [];
    for (let due = 0; due < 8; due++) replies.push(await wire.reply());
    expect(replies.map((reply) => reply?.status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect([2, 3, 5].map((at) => labelOf(replies[at]!))).toEqual(["late", "held", "after"]);
    wire.end();
  },
);

test("of pipelines whose replies nobody reads one request each is begun, and others are served", async () => {
  const big = { ...HEALTH, version: "x".repeat(1_000_000) };
  const { path, calls } = await startApi({ logLevel: "info", services: { memory: async () => big as never } });
  const wires = Array.from({ length: 10 }, () => new Wire(path));
  for (const wire of wires) {
    wire.socket.pause();
    wire.send(Buffer.concat(Array.from({ length: 1300 }, () => requestBytes({ path: ENDPOINTS.memory.path }))));
  }
  for (let turn = 0; turn < 100; turn++) expect((await ask(path, HEALTH_BYTES)).status).toBe(200);
  expect(calls.filter(({ name }) => name === "memory")).toHaveLength(wires.length);
  const [wire] = wires;
  wire!.socket.resume();
  expect((await wire!.reply())?.status).toBe(200);
  expect((await wire!.reply())?.status).toBe(200);
});

test.each([
  ["garbage", GARBAGE, 400],
  ["CONNECT", CONNECT, 405],
  ["headers over 16 KiB", `GET / HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ["an expectation that is not known", "GET / HTTP/1.1\r\nhost: x\r\nexpect: a-lot\r\n\r\n", 417],
])("valid requests before %s in one packet are answered first", async (_name, bytes, status) => {
  const service = echo();
  const { path } = await startApi({ services: { classify: service.classify } });
  const valid = [classifyBytes("a"), classifyBytes("b"), HEALTH_BYTES];
  const wire = new Wire(path).send(Buffer.concat([...valid, Buffer.from(bytes)]));
  expect((await repliesOf(wire)).map((reply) => reply.status)).toEqual([200, 200, 200, status]);
  await wire.closed;
});

test.each([
  ["garbage", GARBAGE],
  ["CONNECT", CONNECT],
  ["another request", HEALTH_BYTES],
])("%s behind an event stream that runs is not answered within it", async (_name, bytes) => {
  const listening = Promise.withResolvers<EventListener>();
  const { path } = await startApi({ services: { events: (listener) => listening.resolve(listener) } });
  const wire = new Wire(path).send(requestBytes({ path: ENDPOINTS.events.path }));
  let received = "";
  wire.socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  const listener = await listening.promise;
  listener.send(Buffer.from("event: first\n\n"));
  await once(wire.socket, "data");
  wire.send(bytes);
  for (let turn = 0; turn < 50; turn++) await ask(path, HEALTH_BYTES);
  listener.send(Buffer.from("event: last\n\n"));
  await expect.poll(() => received).toContain("event: last");
  expect(received.match(/HTTP\/1\.1 \d+/gu)).toEqual(["HTTP/1.1 200"]);
  listener.end();
});

test("a connection that ends while a request of its pipeline waits is forgotten", async () => {
  const finish = Promise.withResolvers<void>();
  const { app, path, calls } = await startApi({
    services: { memory: async () => (await finish.promise) as never },
  });
  const memory = requestBytes({ path: ENDPOINTS.memory.path });
  const wire = new Wire(path).send(Buffer.concat([memory, memory, memory]));
  await expect.poll(() => calls.length).toBe(1);
  wire.end();
  finish.resolve();
  await app.close();
  expect(calls).toHaveLength(1);
});
