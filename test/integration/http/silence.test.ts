import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { startApi } from "./support/api.ts";
import { Child } from "./support/children.ts";

import { requestBytes, Wire } from "./support/wire.ts";

const CLIENTS = fileURLToPath(new URL("support/waiting-clients.ts", import.meta.url));
const KEEPALIVE_MS = 300;

test("requests that came while the event loop stood still for longer than the keep-alive are answered", async () => {
  const { app, path } = await startApi({ keepAliveMs: KEEPALIVE_MS });
  app.server.keepAliveTimeoutBuffer = 0;
  const clients = new Child(process.execPath, [CLIENTS, path, "6", ENDPOINTS.health.path]);
  expect(await clients.says()).toEqual(Array(6).fill(200));
  clients.tell("again");
  // The line is written before this begins, and the clients are a process of their own.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, KEEPALIVE_MS * 4);
  expect(await clients.says()).toEqual(Array(6).fill(200));
});

test("a connection that stays silent for longer than the keep-alive is ended", async () => {
  const { app, path } = await startApi({ keepAliveMs: 20 });
  app.server.keepAliveTimeoutBuffer = 0;
  const wire = new Wire(path).send(requestBytes({ path: ENDPOINTS.health.path }));
  expect((await wire.reply())?.status).toBe(200);
  await wire.closed;
});
