import { once } from "node:events";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { problem } from "../../../src/lib/protocol/problem.ts";
import { HEALTH } from "../../support/sample-replies.ts";
import { startApi } from "./support/api.ts";
import { ask, requestBytes, Wire } from "./support/wire.ts";

const CLASSIFY = { method: "POST", path: ENDPOINTS.classify.path } as const;
const HALF_BYTES = 40_000;

function whole(): string {
  return JSON.stringify({ text: "x".repeat(2 * HALF_BYTES) });
}

/** With a length, or in chunks. */
function inTwo(way: string): readonly [first: Buffer, second: Buffer] {
  const body = whole();
  if (way === "a length") {
    const bytes = requestBytes({ ...CLASSIFY, body });
    return [bytes.subarray(0, bytes.length - HALF_BYTES), bytes.subarray(bytes.length - HALF_BYTES)];
  }
  const [first, second] = [body.slice(0, HALF_BYTES), body.slice(HALF_BYTES)];
  const head = `POST ${CLASSIFY.path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked`;
  const chunk = (part: string): string => `${part.length.toString(16)}\r\n${part}\r\n`;
  return [Buffer.from(`${head}\r\n\r\n${chunk(first)}`), Buffer.from(`${chunk(second)}0\r\n\r\n`)];
}

// With "info" classify calls go the short way, past Fastify.
test.each([
  ["a length", "info"],
  ["a length", "trace"],
  ["chunks", "info"],
])("of half-sent bodies with %s that are too much the oldest gives way, log level %s", async (way, logLevel) => {
  const { path, calls } = await startApi({ logLevel, maxBodiesBytes: HALF_BYTES * 4 });
  const [first, second] = inTwo(way);
  const oldest = new Wire(path).send(first);
  await once(oldest.socket, "connect");
  const others: Wire[] = [];
  for (let count = 0; count < 20; count++) {
    const wire = new Wire(path).send(first);
    others.push(wire);
    // What was sent before has been read when this is answered.
    await ask(path, requestBytes({ path: ENDPOINTS.health.path }));
  }
  const refusal = await oldest.reply();
  expect([refusal?.status, refusal?.headers["retry-after"]]).toEqual([503, "1"]);
  expect(problem.parse(JSON.parse(refusal?.body ?? "")).code).toBe("QUEUE_FULL");
  await oldest.closed;

  const youngest = others.pop()!;
  expect((await youngest.send(second).reply())?.status).toBe(200);
  expect((await ask(path, { ...CLASSIFY, body: whole() })).status).toBe(200);
  expect(calls.filter(({ name }) => name === "classify")).toHaveLength(2);
  for (const wire of others) wire.end();
});

test("bodies that were answered leave their room to others", async () => {
  const { path } = await startApi({ logLevel: "info", maxBodiesBytes: HALF_BYTES * 3 });
  const wire = new Wire(path);
  for (let count = 0; count < 20; count++) {
    expect((await wire.send(requestBytes({ ...CLASSIFY, body: whole() })).reply())?.status).toBe(200);
  }
  wire.end();
});

test("of clients that leave 24 MB of replies unread those are cut off that make it more than 16", async () => {
  const big = { ...HEALTH, version: "x".repeat(2_000_000) };
  const { app, path } = await startApi({ logLevel: "info", services: { memory: async () => big as never } });
  const wires = Array.from({ length: 12 }, () => new Wire(path));
  for (const wire of wires) wire.socket.pause();
  const memory = requestBytes({ path: ENDPOINTS.memory.path });
  for (const wire of wires) wire.send(memory);
  const connections = promisify(app.server.getConnections.bind(app.server));
  // One request in 64 is worth a look.
  for (let turn = 0; turn < 80; turn++) await ask(path, requestBytes({ path: ENDPOINTS.health.path }));
  await expect.poll(() => connections()).toBeLessThanOrEqual(9);
  for (const wire of wires) wire.socket.resume();
  const replies = await Promise.all(wires.map((wire) => wire.reply()));
  expect(replies.filter((reply) => reply?.status === 200).length).toBeGreaterThanOrEqual(8);
});
