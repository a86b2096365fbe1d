import { once } from "node:events";
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import { Decisions } from "../../../src/daemon/governor/decisions.ts";
import { EventHub } from "../../../src/daemon/reports/event-hub.ts";
import { Client } from "../../../src/lib/client.ts";
import type { DaemonEvent, Sample } from "../../../src/lib/protocol/events.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { HEALTH, MEMORY, SAMPLE } from "../../support/sample-replies.ts";
import { startApi } from "./support/api.ts";
import { requestBytes } from "./support/wire.ts";

const PATH = ENDPOINTS.events.path;
const LEVEL = {
  action: "level",
  reason: "high",
  measured: 0.9,
  threshold: 0.85,
  freedBytes: null,
  durationMs: 0,
} as const;

function sample(): Sample {
  return { ...SAMPLE, at: new Date().toISOString() };
}

/** The real hub behind the real server. */
async function startEvents() {
  const decisions = new Decisions({ clock: () => new Date(), onFailure: () => undefined });
  const hub = new EventHub({
    decisions,
    sample: async () => sample(),
    onFailure: (error) => expect.fail(String(error)),
  });
  const { app, path } = await startApi({ services: { events: (listener, last) => hub.listen(listener, last) } });
  onTestFinished(() => hub.close());
  const client = new Client({ path, controlPath: path });
  onTestFinished(() => client.close());
  return { decisions, hub, app, path, client };
}

/** Listens, and reads nothing. */
async function stall(path: string): Promise<Socket> {
  const socket = createConnection(path).pause();
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write(requestBytes({ path: PATH }));
  return socket;
}

async function take(events: AsyncIterator<DaemonEvent>, name: DaemonEvent["event"]): Promise<DaemonEvent> {
  for (;;) {
    const { value, done } = await events.next();
    if (done || !value) throw new Error(`the stream ended without a ${name}`);
    if (value.event === name) return value;
  }
}

test("the client reads samples and decisions, those first that it missed", async () => {
  const { decisions, client } = await startEvents();
  const [known, missed] = [decisions.record(LEVEL), decisions.record(LEVEL)];
  const events = client.events({ lastEventId: known.id });
  expect(await events.next()).toMatchObject({ value: { event: "decision", id: missed.id, data: missed } });
  expect(await take(events, "sample")).toMatchObject({ data: { health: HEALTH, memory: MEMORY } });
  const next = decisions.record(LEVEL);
  expect(await take(events, "decision")).toEqual({ event: "decision", id: next.id, data: next });
  await events.return();
});

test("a client that goes makes room for another", async () => {
  const { client, path } = await startEvents();
  const all = Array.from({ length: 16 }, () => client.events());
  await Promise.all(all.map((events) => events.next()));
  const refused = await callSocket({ socketPath: path, path: PATH });
  expect(refused).toMatchObject({
    status: 503,
    headers: { "content-type": "application/problem+json", "retry-after": "5" },
  });
  await expect(client.events().next()).rejects.toMatchObject({ code: "TOO_MANY_LISTENERS", retryAfterSeconds: 5 });
  await all[0]?.return();
  const again = async (): Promise<string | undefined> => (await client.events({ absenceMs: 0 }).next()).value?.event;
  await expect.poll(again, { timeout: 5000 }).toBe("sample");
});

test("HEAD is answered and listens to nothing", async () => {
  const { path, client } = await startEvents();
  for (let count = 0; count < 20; count++) {
    const { status, headers } = await callSocket({ socketPath: path, method: "HEAD", path: PATH });
    expect([status, headers["content-type"]]).toEqual([200, "text/event-stream"]);
  }
  expect((await client.events().next()).value).toMatchObject({ event: "sample" });
});

test("one that reads nothing is cut when it is 64 KiB behind; others miss nothing", async () => {
  const { decisions, client, path } = await startEvents();
  const stalled = await stall(path);
  const events = client.events({ lastEventId: "0" });
  await take(events, "sample");
  let isCut = false;
  stalled.once("close", () => (isCut = true));
  const detail = "x".repeat(2000);
  for (let count = 0; count < 1000 && !isCut; count++) {
    const { id } = decisions.record({ ...LEVEL, detail });
    expect(await take(events, "decision")).toMatchObject({ id });
  }
  stalled.resume();
  await expect.poll(() => isCut).toBe(true);
  await events.return();
});

test("a stop ends the streams: those that read in order, one that does not after a moment", async () => {
  const { decisions, hub, app, client, path } = await startEvents();
  const stalled = await stall(path);
  const events = client.events();
  await take(events, "sample");
  // Fills the kernel's buffer, and leaves some in ours.
  const detail = "x".repeat(30_000);
  for (let count = 0; count < 9; count++) {
    const { id } = decisions.record({ ...LEVEL, detail });
    expect(await take(events, "decision")).toMatchObject({ id });
  }
  const last = decisions.record(LEVEL);
  hub.close();
  expect(await take(events, "decision")).toMatchObject({ id: last.id });
  expect(await events.next()).toEqual({ done: true, value: undefined });
  await app.close();
  stalled.resume();
  await once(stalled, "close");
});

test("a client that reconnects gives up on a daemon that has gone", async () => {
  const { decisions, hub, app, client } = await startEvents();
  const first = decisions.record(LEVEL);
  const events = client.events({ lastEventId: "0", reconnect: true, absenceMs: 300 });
  expect(await take(events, "decision")).toMatchObject({ id: first.id });
  hub.close();
  await app.close();
  await expect(take(events, "decision")).rejects.toMatchObject({ code: "DAEMON_UNREACHABLE" });
});
