import { once } from "node:events";
import { createConnection } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { MIB } from "../../../src/lib/units.ts";
import { startTcpApi, TOKEN } from "./support/tcp-api.ts";
import { requestBytes, Wire } from "./support/wire.ts";

const authorization = `Bearer ${TOKEN}`;
const HEALTH = requestBytes({ path: ENDPOINTS.health.path, headers: { authorization } });
const JUNK = Buffer.alloc(8 * MIB, "x");

/** Statuses of what comes, interim ones too, once all has been sent or the connection refuses more. */
async function statusesOf(port: number, bytes: Buffer): Promise<number[]> {
  const socket = createConnection({ host: "127.0.0.1", port });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on("error", () => undefined).on("close", () => resolve());
  await once(socket, "connect");
  socket.write(bytes);
  // Whoever is busy with sending reads later.
  await delay(100);
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
  await closed;
  return [...received.matchAll(/HTTP\/1\.1 (\d+)/gu)].map((match) => Number(match[1]));
}

describe("a client that is still sending when the daemon ends the connection has the replies before", () => {
  test.each([
    ["what is no HTTP", Buffer.from("GARBAGE\r\n\r\n"), 400],
    ["a CONNECT", Buffer.from("CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n"), 405],
    [
      "an expectation nobody knows",
      requestBytes({ path: ENDPOINTS.health.path, headers: { authorization, expect: "200-ok" } }),
      417,
    ],
  ])("%s", async (_what, last, status) => {
    const { place } = await startTcpApi();
    for (let time = 0; time < 2; time++)
      expect(await statusesOf(place.port, Buffer.concat([HEALTH, last, JUNK]))).toEqual([200, status]);
  });
});

test.each([
  ["a probe", requestBytes({ path: "/readyz", headers: { expect: "100-continue" } }), 200],
  ["a call that is refused", requestBytes({ path: ENDPOINTS.models.path, headers: { expect: "100-continue" } }), 401],
  [
    "a place that is not there",
    requestBytes({ path: "/nowhere", headers: { authorization, expect: "100-continue" } }),
    404,
  ],
])("%s that expects to be told to go on, and has no body, ends no connection", async (_what, asked, status) => {
  const { place } = await startTcpApi();
  const wire = new Wire(place);
  wire.send(Buffer.concat([asked, HEALTH]));
  expect((await wire.reply())?.status).toBe(status);
  expect((await wire.reply())?.status).toBe(200);
  wire.end();
});
