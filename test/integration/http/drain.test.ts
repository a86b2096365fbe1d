import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { startApi } from "./support/api.ts";
import { Wire, requestBytes } from "./support/wire.ts";

const REPLY: ClassifyReply = { results: [], model: { name: "m", digest: "d" }, durationMs: 0 };
const CLASSIFY = requestBytes({ method: "POST", path: ENDPOINTS.classify.path, body: '{"text":"a"}' });
const HEALTH = requestBytes({ path: ENDPOINTS.health.path });

test(
  "20 idle, 5 busy, one silent and one half-spoken connection: the busy finish, all end",
  { timeout: 5000 },
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
