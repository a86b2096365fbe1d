import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MonitorRecord } from "../../../src/lib/monitor/record.ts";
import type { CacheStats } from "../../../src/lib/protocol/cache.ts";
import type { MemoryReport } from "../../../src/lib/protocol/memory.ts";
import type { MetricsReport } from "../../../src/lib/protocol/metrics.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { requireBuild, runCli, startCli } from "../cli/cli-process.ts";
import { shapeOf } from "../../support/shape.ts";
import { startWatched } from "./watched.ts";
import type { Watched } from "./watched.ts";

const SHARE = 0.05;

let watched: Watched;
beforeAll(async () => {
  requireBuild();
  watched = await startWatched();
  const texts = Array.from({ length: 60 }, (_, index) => `where is my order ${index % 40}`);
  for (const [index, text] of texts.entries()) {
    await watched.daemon.json("POST", "/api/classify/", { text, user: `user ${index % 7}` });
  }
});
afterAll(async () => {
  await watched.daemon.stop();
  await watched.redis.end();
});

async function readOnce(): Promise<MonitorRecord> {
  const { status, stdout, stderr } = await runCli([
    "monitor",
    "--once",
    "--json",
    "--socket",
    watched.daemon.socketPath,
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as MonitorRecord;
}

/** Within 5%; a figure of zero is zero. */
function expectNear(shown: number | null | undefined, source: number, what: string): void {
  expect(Math.abs((shown ?? NaN) - source), `${what}: ${shown} and ${source}`).toBeLessThanOrEqual(
    Math.abs(source) * SHARE,
  );
}

function kernel(path: string, name: RegExp): number {
  return Number(name.exec(readFileSync(path, "latin1"))?.[1] ?? NaN);
}

describe("figures are those of their sources", () => {
  test("the machine's: /proc", async () => {
    const { machine, sample } = await readOnce();
    const meminfo = (name: string): number => kernel("/proc/meminfo", new RegExp(`^${name}: +(\\d+) kB`, "m")) * 1024;
    expectNear(machine?.memory.totalBytes, meminfo("MemTotal"), "total");
    expectNear(machine?.memory.availableBytes, meminfo("MemAvailable"), "available");
    expectNear(machine?.swap.totalBytes, meminfo("SwapTotal"), "swap");
    expect(machine?.cores).toHaveLength(readFileSync("/proc/stat", "latin1").match(/^cpu\d+ /gm)?.length ?? 0);
    expect(sample?.memory.limitBytes).toBeLessThanOrEqual(meminfo("MemTotal"));
  });

  test("the daemon's: its API", async () => {
    const { daemon } = watched;
    const { sample, processCpu } = await readOnce();
    const memory = await daemon.json<MemoryReport>("GET", "/api/memory/");
    const metrics = await daemon.json<MetricsReport>("GET", "/api/metrics/");
    const cache = await daemon.json<CacheStats>("GET", "/api/cache/stats/");
    const { workers, daemon: self } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    expect(sample?.metrics).toMatchObject({ requests: metrics.requests, texts: 60, users: metrics.users });
    expect(metrics.requests).toBe(60);
    expect(sample?.metrics.latencyMs).toEqual(metrics.latencyMs);
    expect(sample?.cache.memory).toEqual(cache.memory);
    expect(sample?.cache).toMatchObject({ hitRate: cache.hitRate, hitRate5m: cache.hitRate5m });
    expect(sample?.memory.thresholds).toEqual(memory.thresholds);
    expect(sample?.memory.model).toMatchObject({ name: memory.model.name, digest: memory.model.digest, loaded: true });
    expectNear(sample?.process.daemon.rssBytes, self.rssBytes, "RSS of the daemon");
    for (const worker of workers) {
      const shown = sample?.process.workers.find(({ pid }) => pid === worker.pid);
      expect(shown).toMatchObject({ users: worker.users, requests: worker.requests, limits: worker.limits });
      expectNear(shown?.rssBytes, kernel(`/proc/${worker.pid}/status`, /^VmRSS:\s+(\d+)/m) * 1024, "RSS");
      expect(processCpu[String(worker.pid)]).not.toBeNull();
    }
  });

  test("PSS: smaps_rollup", async () => {
    // It changes with every other process that maps the same files, and a sample may hold it for ten seconds.
    const gap = async (): Promise<number> => {
      const { sample } = await readOnce();
      const gaps = sample?.process.workers.map(({ pid, pssBytes }) => {
        const source = kernel(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+)/m) * 1024;
        return Math.abs((pssBytes ?? NaN) - source) / source;
      });
      return Math.max(...(gaps ?? [NaN]));
    };
    await expect.poll(gap, { timeout: 25_000 }).toBeLessThanOrEqual(SHARE);
  });

  test("Redis's: INFO", async () => {
    const { sample } = await readOnce();
    const info = await watched.redis.ask((redis) => redis.info());
    const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
    expect(sample?.redis).toMatchObject({ state: "up", breaker: "closed", maxBytes: field("maxmemory") });
    expect(sample?.redis.evictedKeys).toBe(field("evicted_keys"));
    expectNear(sample?.redis.usedBytes, field("used_memory"), "memory of Redis");
  });
});

test("--json: the shape of a line", async () => {
  // Latencies are told of the last seconds alone.
  await watched.daemon.json("POST", "/api/classify/", { text: "where is my order 0" });
  const { decisions: _some, sample, ...record } = await readOnce();
  // A machine that is slow for a moment has had a Redis that was.
  const redis = { ...sample?.redis, lastError: null };
  expect(shapeOf({ ...record, sample: { ...sample, redis } })).toMatchSnapshot();
});

test("--json is a line a sample; whoever stops reading ends it", async () => {
  const child = startCli(["monitor", "--json", "--socket", watched.daemon.socketPath], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  await expect.poll(() => lines.join("").split("\n").length, { timeout: 15_000 }).toBeGreaterThan(3);
  for (const line of lines.join("").trim().split("\n"))
    expect(JSON.parse(line)).toMatchObject({ daemon: { state: "up" } });
  const ended = once(child, "exit");
  child.stdout?.destroy();
  expect(await ended).toEqual([0, null]);
});

test("without a daemon: the machine, and 3", async () => {
  const socket = `${watched.daemon.folder}/none.sock`;
  const asText = await runCli(["monitor", "--once", "--socket", socket]);
  expect(asText).toMatchObject({ status: 3, stderr: "" });
  expect(asText.stdout).toMatch(/^combot is down since [^]*cpu +\d[^]*alerts +daemon down: There is no control socket/);
  const asJson = await runCli(["monitor", "--once", "--json", "--socket", socket]);
  expect(asJson.status).toBe(3);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ daemon: { state: "down" }, sample: null });
});
