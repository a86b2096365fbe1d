import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Generator } from "../../../src/lib/perf/load/generator.ts";
import { runGenerator } from "../../../src/lib/perf/load/generator-child.ts";
import { Latencies } from "../../../src/lib/perf/load/latency.ts";
import { OPEN_CONNECTIONS } from "../../../src/lib/perf/load/order.ts";
import type { LoadOrder, LoadResult } from "../../../src/lib/perf/load/order.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { reply, send, startKnownServer } from "./support/known-server.ts";

const ORDER: Omit<LoadOrder, "address"> = {
  path: "/api/classify/",
  headers: "",
  texts: ["one", "two", "three"],
  isUnique: false,
  users: 3,
  concurrency: 4,
  open: null,
  warmUpSeconds: 0,
  seconds: 60,
  requests: 100,
  timeoutMs: 20_000,
  seed: 1,
};

async function load(path: string, order: Partial<LoadOrder> = {}): Promise<LoadResult> {
  const generator = new Generator({ ...ORDER, address: { path }, ...order });
  return generator.run({ onMeasuring: () => undefined, onOver: () => undefined });
}

describe("a closed loop", () => {
  test("asks as often as it is to, so many at a time, over as many connections", async () => {
    let now = 0;
    let most = 0;
    const server = await startKnownServer((_, response) => {
      most = Math.max(most, ++now);
      setImmediate(() => {
        now -= 1;
        reply(response);
      });
    });
    const { begun, failed, answeredInTime, latencies } = await load(server.path);
    expect({ begun, failed, answeredInTime }).toEqual({ begun: 100, failed: 0, answeredInTime: 100 });
    expect(server.asked).toHaveLength(100);
    expect(most).toBeLessThanOrEqual(4);
    expect(server.connections()).toBe(4);
    expect(Latencies.decode(latencies.computed).count).toBe(100);
  });

  test("tells answers by where they came from, and failures by their code", async () => {
    const kinds = ["memory", "redis", false] as const;
    const server = await startKnownServer((_, response, index) => {
      if (index % 4 === 3) send(response, 503, { code: "QUEUE_FULL", status: 503, title: "", type: "", detail: "" });
      else reply(response, kinds[index % 4]);
    });
    const { latencies, failures, failed } = await load(server.path);
    const counts = Object.entries(latencies).map(([name, text]) => [name, Latencies.decode(text).count]);
    expect(Object.fromEntries(counts)).toEqual({ memory: 25, redis: 25, computed: 25 });
    expect({ failed, failures }).toEqual({ failed: 25, failures: { QUEUE_FULL: 25 } });
  });

  test("sends a request again that met a connection just being closed, and no other", async () => {
    const server = await startKnownServer((_, response, index) => {
      if (index % 10 === 5) response.socket?.destroy();
      else if (index % 10 === 7) {
        response.writeHead(200, { "content-length": 100 });
        response.write("{");
        setImmediate(() => response.socket?.destroy());
      } else reply(response);
    });
    const { begun, failed, failures, generator } = await load(server.path, { concurrency: 1, requests: 20 });
    expect(begun).toBe(20);
    expect(generator.retried).toBe(2);
    expect({ failed, failures }).toEqual({ failed: 2, failures: { CONNECTION_LOST: 2 } });
  });

  test("counts what gets no answer in time as failed", async () => {
    const server = await startKnownServer((_, response, index) => {
      if (index !== 3) reply(response);
    });
    const { failures } = await load(server.path, { timeoutMs: 300, requests: 10 });
    expect(failures).toEqual({ TIMEOUT: 1 });
  });

  test("counts what finds nobody listening", async () => {
    const path = join(temporaryFolder(), "nobody.sock");
    const { begun, failures } = await load(path, { requests: 6 });
    expect({ begun, failures }).toEqual({ begun: 6, failures: { ENOENT: 6 } });
  });
});

describe("an open loop", () => {
  const open = { ratePerSecond: 200, arrivals: "even", connections: OPEN_CONNECTIONS } as const;

  test("begins requests when they are to, though none before them was answered; the wait counts for each of them", async () => {
    const HELD = 60;
    let letGo = (): void => undefined;
    const held: (() => void)[] = [];
    const server = await startKnownServer((_, response, index) => {
      if (index > HELD) return reply(response);
      held.push(() => reply(response));
      if (index === HELD) letGo();
    });
    letGo = () => held.forEach((answer) => answer());
    const { begun, failed, latencies } = await load(server.path, { open, requests: 100 });
    expect({ begun, failed, asked: server.asked.length }).toEqual({ begun: 100, failed: 0, asked: 100 });
    const computed = Latencies.decode(latencies.computed);
    // The first waited for the sixtieth, which was to begin 300 ms after it; half of the held waited half as long.
    expect(computed.maxMs!).toBeGreaterThanOrEqual(300);
    expect(computed.quantileMs(0.7)!).toBeGreaterThanOrEqual(145);
  });

  test("over so many connections at most; what waits for one counts from when it was to begin", async () => {
    const HELD_MS = 50;
    const server = await startKnownServer((_, response) => setTimeout(() => reply(response), HELD_MS));
    const order = { open: { ...open, connections: 2 }, requests: 20 };
    const { begun, failed, latencies, generator } = await load(server.path, order);
    expect({ begun, failed }).toEqual({ begun: 20, failed: 0 });
    expect(generator.connectionsOpened).toBe(2);
    expect(generator.waitedForConnection).toBeGreaterThanOrEqual(16);
    // Ten pairs of 50 ms each, of requests that were to begin in 100 ms.
    expect(Latencies.decode(latencies.computed).maxMs!).toBeGreaterThanOrEqual(10 * HELD_MS - 110);
  });

  test("asks the same of the same seed", async () => {
    const server = await startKnownServer((_, response) => reply(response));
    const order = {
      open: { ratePerSecond: 2000, arrivals: "poisson", connections: OPEN_CONNECTIONS },
      requests: 50,
    } as const;
    await load(server.path, order);
    await load(server.path, order);
    const texts = server.asked.map(({ text, user }) => `${text} ${user}`);
    expect(texts).toHaveLength(100);
    expect(texts.slice(0, 50).toSorted()).toEqual(texts.slice(50).toSorted());
  });
});

test("in a process of its own it tells how it stands, and what it found", async () => {
  const server = await startKnownServer((_, response) => reply(response));
  const told: string[] = [];
  const pids: number[] = [];
  const result = await runGenerator(
    { ...ORDER, address: { path: server.path }, requests: null, warmUpSeconds: 0.2, seconds: 1.2 },
    {
      onMeasuring: (pid) => void (told.push("measuring"), pids.push(pid)),
      onOver: (pid) => void (told.push("over"), pids.push(pid)),
      onProgress: ({ isWarm }) => void (isWarm && told.push("progress")),
    },
  );
  expect(new Set(told)).toEqual(new Set(["measuring", "progress", "over"]));
  expect([told[0], told.at(-1)]).toEqual(["measuring", "over"]);
  expect(new Set(pids).size).toBe(1);
  expect(result.begun).toBe(Latencies.decode(result.latencies.computed).count);
  // What was asked in the warm-up counts nowhere.
  expect(server.asked.length).toBeGreaterThan(result.begun);
});

test("it ends with an error when it is ended", async () => {
  const server = await startKnownServer((_, response) => reply(response));
  const stop = new AbortController();
  const watcher = { onMeasuring: () => stop.abort() };
  const running = runGenerator({ ...ORDER, address: { path: server.path }, requests: null }, watcher, stop.signal);
  await expect(running).rejects.toThrow(/abort/i);
});
