import { Agent, request } from "node:https";
import { text as readAll } from "node:stream/consumers";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { MetricsReport } from "../../../src/lib/protocol/metrics.ts";
import { LISTEN_TOKEN, startListening } from "../../support/listening-daemon.ts";
import { Proxy } from "../../support/proxies.ts";
import type { ProxyName } from "../../support/proxies.ts";
import { freePort } from "../../../scripts/support/free-port.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const CLIENTS = 50;
const CALLS = 2000;
const TEXTS = Array.from({ length: 300 }, (_, index) => `where is my order number ${index}?`);

interface Reply {
  readonly status: number;
  readonly body: string;
}

function call(agent: Agent, port: number, path: string, body?: unknown): Promise<Reply> {
  const headers = { authorization: `Bearer ${LISTEN_TOKEN}`, "content-type": "application/json" };
  const method = body === undefined ? "GET" : "POST";
  return new Promise((resolve, reject) => {
    request({ agent, port, host: "127.0.0.1", path, method, headers, rejectUnauthorized: false }, (reply) => {
      readAll(reply).then((text) => resolve({ status: reply.statusCode ?? 0, body: text }), reject);
    })
      .on("error", reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** All calls in a closed loop; `half` is called once, in the middle. */
async function load(agent: Agent, port: number, half: () => void): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < CALLS) {
      const number = sent++;
      if (number === CALLS / 2) half();
      const { status } = await call(agent, port, "/api/classify/", { text: TEXTS[number % TEXTS.length] });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return statuses;
}

async function requestsOf(daemon: PrivateDaemon): Promise<number> {
  return (await daemon.json<MetricsReport>("GET", "/api/metrics/")).requests;
}

test.each<ProxyName>(["nginx", "haproxy"])(
  "%s before two daemons with one Redis: one is killed among 50 clients, and no call fails",
  async (name) => {
    const folder = temporaryFolder();
    const redis = await RedisServer.start({ port: 0 });
    onTestFinished(() => redis.end());
    const options = { env: { REDIS_URL: redis.unixUrl, WORKERS: "1", DATABASE_URL: "off", MAX_REQUESTS: "0" } };
    const [first, second] = await Promise.all([startListening(folder, options), startListening(folder, options)]);
    onTestFinished(() => second.daemon.stop().then(() => undefined));
    const proxy = await Proxy.start(name, await freePort(), [first.port, second.port], folder);
    onTestFinished(() => proxy.end());
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    onTestFinished(() => agent.destroy());
    const ask = (path: string, body?: unknown): Promise<Reply> => call(agent, proxy.port, path, body);

    // HAProxy lets nothing through before both have passed their checks.
    await expect.poll(async () => (await ask("/api/health/")).status, { timeout: 20_000 }).toBe(200);
    const ofFirst = Array.from({ length: 80 }, (_, index) => `what about parcel ${index}?`);
    await first.daemon.json("POST", "/api/classify/", { texts: ofFirst });
    await expect.poll(() => redis.ask((client) => client.dbsize()), { timeout: 20_000 }).toBeGreaterThan(40);
    let answeredByFirst = 0;
    const killFirst = async (): Promise<void> => {
      answeredByFirst = await requestsOf(first.daemon);
      process.kill(first.daemon.pid, "SIGKILL");
    };
    const statuses = await load(agent, proxy.port, () => void killFirst());
    expect(Object.fromEntries(statuses)).toEqual({ 200: CALLS });
    await first.daemon.stop();
    expect(answeredByFirst).toBeGreaterThan(0);

    // What the one that is gone has computed, the other one finds in Redis: each text is asked once here.
    const found = async (): Promise<unknown> => {
      const { body } = await ask("/api/classify/", { text: ofFirst.pop() });
      return (JSON.parse(body) as ClassifyReply).results[0]?.cached;
    };
    await expect.poll(found, { timeout: 20_000, interval: 200 }).toBe("redis");

    // It is back: the proxy gives it calls again by itself.
    const again = await startListening(folder, options, first.port);
    onTestFinished(() => again.daemon.stop().then(() => undefined));
    const revived = async (): Promise<number> => {
      await Promise.all(TEXTS.slice(0, 20).map((text) => ask("/api/classify/", { text })));
      return requestsOf(again.daemon);
    };
    await expect.poll(revived, { timeout: 30_000, interval: 200 }).toBeGreaterThan(0);

    for (const path of ["/api/model/unload/", "/api/memory/", "/metrics", "/"]) {
      expect((await ask(path)).status).toBe(404);
    }
  },
  90_000,
);

test("HAProxy that takes 2 s to notice, and tries nothing twice: a daemon with DRAIN_DELAY is stopped, and no call fails", async () => {
  const folder = temporaryFolder();
  const env = { REDIS_URL: "off", WORKERS: "1", DATABASE_URL: "off", MAX_REQUESTS: "0", DRAIN_DELAY: "6" };
  const [first, second] = await Promise.all([startListening(folder, { env }), startListening(folder, { env })]);
  onTestFinished(() => second.daemon.stop().then(() => undefined));
  const proxy = await Proxy.startPlain(await freePort(), [first.port, second.port], folder);
  onTestFinished(() => proxy.end());
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  onTestFinished(() => agent.destroy());
  const ask = (text: string): Promise<Reply> => call(agent, proxy.port, "/api/classify/", { text });

  const statuses = new Map<number | string, number>();
  let isOver = false;
  let sent = 0;
  const client = async (): Promise<void> => {
    while (!isOver) {
      const status = await ask(TEXTS[sent++ % TEXTS.length] ?? "").then((reply) => reply.status, String);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const both = async (): Promise<boolean> => {
    await Promise.all(TEXTS.slice(0, 20).map(ask));
    return (await requestsOf(first.daemon)) > 0 && (await requestsOf(second.daemon)) > 0;
  };
  await expect.poll(both, { timeout: 20_000 }).toBe(true);
  const clients = Array.from({ length: 10 }, client);

  process.kill(first.daemon.pid, "SIGTERM");
  // By its address, as a kubelet asks.
  const probe = async (path: string): Promise<string> => {
    const reply = await fetch(`http://127.0.0.1:${first.port}${path}`);
    return `${reply.status} ${await reply.text()}`;
  };
  await expect.poll(() => probe("/readyz"), { timeout: 5000, interval: 20 }).toBe("503 stopping");
  expect(await probe("/livez")).toBe("200 ok");
  expect(await first.daemon.ended).toEqual({ code: 0, signal: null });
  const before = sent;
  await expect.poll(() => sent, { timeout: 20_000 }).toBeGreaterThan(before + 200);
  isOver = true;
  await Promise.all(clients);
  expect([...statuses.keys()]).toEqual([200]);
  expect(await requestsOf(second.daemon)).toBeGreaterThan(200);
}, 90_000);
