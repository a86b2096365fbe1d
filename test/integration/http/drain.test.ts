import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { startApi } from "./support/api.ts";
import { Wire, requestBytes } from "./support/wire.ts";

const REPLY: ClassifyReply = { results: [], model: { name: "m", digest: "d" }, durationMs: 0 };
const CLASSIFY = requestBytes({ method: "POST", path: ENDPOINTS.classify.path, body: '{"text":"a"}' });
const HEALTH = requestBytes({ path: ENDPOINTS.health.path });
/** Longer than a connection is spared in which nothing is heard. */
const SPARED_MS = 1500;
/** Between two calls of a client, which is spared as long. */
const PAUSE_MS = 500;

test(
  "20 idle, 5 busy, one silent and one half-spoken connection: the busy finish, all end",
  { timeout: 20_000 },
  async () => {
    const finish = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    let busyCount = 0;
    const { app, path } = await startApi({
      services: {
        classify: async () => {
          if (++busyCount === 5) arrived.resolve();
          await finish.promise;
          return REPLY;
        },
      },
    });
    const idle = Array.from({ length: 20 }, () => new Wire(path).send(HEALTH));
    for (const wire of idle) expect((await wire.reply())?.headers["connection"]).toBe("keep-alive");
    const busy = Array.from({ length: 5 }, () => new Wire(path).send(CLASSIFY));
    const silent = new Wire(path);
    const halfSpoken = new Wire(path).send(CLASSIFY.subarray(0, 30));
    await Promise.all([arrived.promise, once(silent.socket, "connect"), once(halfSpoken.socket, "connect")]);

    const closed = app.close();
    await Promise.all(idle.map((wire) => wire.closed));
    await Promise.all([silent.closed, halfSpoken.closed]);
    expect(existsSync(path)).toBe(false);
    expect(busy.map((wire) => wire.socket.readyState)).toEqual(Array(5).fill("open"));

    finish.resolve();
    const replies = await Promise.all(busy.map((wire) => wire.reply()));
    for (const reply of replies) expect([reply?.status, reply?.headers["connection"]]).toEqual([200, "close"]);
    await Promise.all([closed, ...busy.map((wire) => wire.closed)]);
  },
);

test("a request that comes in on an open connection while the drain begins is answered", async () => {
  const { app, path } = await startApi();
  const wire = new Wire(path).send(HEALTH);
  expect((await wire.reply())?.headers["connection"]).toBe("keep-alive");
  const closed = app.close();
  wire.send(CLASSIFY);
  const reply = await wire.reply();
  expect([reply?.status, reply?.headers["connection"]]).toEqual([200, "close"]);
  await Promise.all([closed, wire.closed]);
});

test("a client that pauses between its calls is answered, told to close, and leaves by itself", async () => {
  const { app, path } = await startApi();
  const wire = new Wire(path).send(HEALTH);
  expect((await wire.reply())?.headers["connection"]).toBe("keep-alive");
  const closed = app.close();
  await delay(PAUSE_MS);
  const reply = await wire.send(CLASSIFY).reply();
  expect([reply?.status, reply?.headers["connection"]]).toEqual([200, "close"]);
  await Promise.all([closed, wire.closed]);
});

/** Of an event loop that has other things to do: a slow machine, a long request of somebody else's. */
function beBusy(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

test("requests that came while the loop was busy, past the time that idle connections are spared, are answered", async () => {
  const { app, path } = await startApi();
  const [idle, gone, other] = [new Wire(path), new Wire(path), new Wire(path)];
  for (const wire of [idle, gone, other])
    expect((await wire.send(HEALTH).reply())?.headers["connection"]).toBe("keep-alive");
  const silent = new Wire(path);
  await once(silent.socket, "connect");
  const closed = app.close();
  // Its reply tells that the drain has begun.
  expect((await other.send(HEALTH).reply())?.headers["connection"]).toBe("close");

  idle.send(CLASSIFY);
  beBusy(SPARED_MS);
  expect((await idle.reply())?.status).toBe(200);

  // The server has closed; those that had sent nothing yet are spared once more.
  await gone.closed;
  silent.send(CLASSIFY);
  beBusy(SPARED_MS);
  expect((await silent.reply())?.status).toBe(200);
  await closed;
});
