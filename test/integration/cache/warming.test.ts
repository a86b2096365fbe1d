import { expect, test } from "vitest";
import { Warmer } from "../../../src/daemon/jobs/warmer.ts";
import type { MemoryLevel } from "../../../src/lib/protocol/memory-levels.ts";
import type { WarmEvent, WarmResult } from "../../../src/lib/protocol/warm.ts";
import { untilUp } from "../../support/cache-tiers.ts";
import { ask, startCore } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import type { OddModel } from "../../support/odd-models.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";

async function startReady(env: Record<string, string> = {}, odd: OddModel = {}): Promise<Core> {
  const core = await startCore(writeOddModel(temporaryFolder(), odd), env);
  core.pool.load();
  await core.pool.whenReady();
  return core;
}

function warmerOf(core: Core, level: () => MemoryLevel = () => "normal"): Warmer {
  const now = (): number => performance.now();
  return new Warmer({ engine: () => core.models.current, cache: core.caching.answers, level, now });
}

async function lastOf(events: AsyncIterable<WarmEvent>): Promise<WarmResult> {
  let last: WarmEvent | undefined;
  for await (const event of events) last = event;
  if (last?.event !== "done") throw new Error("the last event is not done");
  return last.data;
}

const { signal } = new AbortController();
const sourceOf = async (core: Core, text: string) => (await ask(core, { text })).results[0]?.cached;

test("texts are computed once, those known are left alone, and nothing counts as asked for", async () => {
  const core = await startReady();
  await ask(core, { text: "alpha" });
  const before = core.caching.answers.rate.overall;
  const texts = ["alpha", " beta ", "gamma", "", "beta"];
  const result = await lastOf(warmerOf(core).warm(texts, signal));
  expect(result).toMatchObject({ total: 5, done: 5, computed: 2, known: 2, skipped: 0, failed: 1, stopped: null });
  expect(core.caching.answers.rate.overall).toBe(before);
  expect(core.caching.answers.memory.misses).toBe(1);
  for (const text of ["beta", "gamma"]) expect(await sourceOf(core, text)).toBe("memory");
});

test("nothing live is put out of memory: Redis takes the rest, and without it the rest is skipped", async () => {
  const texts = ["beta", "gamma", "delta"];
  const server = await RedisServer.start();
  try {
    const core = await startReady({ MAX_CACHE_SIZE: "2", REDIS_URL: server.url });
    await untilUp(core.caching.redis!.connection);
    await ask(core, { text: "alpha" });
    expect(await lastOf(warmerOf(core).warm(texts, signal))).toMatchObject({ computed: 3, skipped: 0 });
    expect(core.caching.answers.memory.evictions).toBe(0);
    expect(await sourceOf(core, "alpha")).toBe("memory");
    expect(await sourceOf(core, "delta")).toBe("redis");
  } finally {
    await server.end();
  }
  const alone = await startReady({ MAX_CACHE_SIZE: "2" });
  await ask(alone, { text: "alpha" });
  expect(await lastOf(warmerOf(alone).warm(texts, signal))).toMatchObject({ computed: 1, skipped: 2 });
  expect(await sourceOf(alone, "alpha")).toBe("memory");
});

test("it ends at the level warning, and when it is told to; a second one at the same time is refused", async () => {
  const core = await startReady();
  let level: MemoryLevel = "normal";
  const warmer = warmerOf(core, () => level);
  const texts = Array.from({ length: 20 }, (_, at) => `alpha ${"beta ".repeat(at)}`);
  const events = warmer.warm(texts, signal);
  expect((await events.next()).value).toMatchObject({ event: "progress", data: { done: 4 } });
  expect(() => warmer.warm(texts, signal)).toThrow(expect.objectContaining({ code: "WARMING_RUNS" }));
  level = "warning";
  expect(await lastOf(events)).toMatchObject({ done: 4, stopped: "memory is at warning" });
  level = "normal";
  const stop = new AbortController();
  const again = warmer.warm(texts, stop.signal);
  await again.next();
  stop.abort();
  expect(await lastOf(again)).toMatchObject({ stopped: "told to" });
  expect(await lastOf(warmer.warm(texts, signal))).toMatchObject({ done: 20, stopped: null });
});

test("who asks is answered in the middle of it", async () => {
  const core = await startReady({ WORKERS: "1" }, { slowRounds: 10 });
  const texts = Array.from({ length: 24 }, (_, at) => `beta ${"beta ".repeat(at)}`);
  let isOver = false;
  const warmed = lastOf(warmerOf(core).warm(texts, signal)).finally(() => (isOver = true));
  await expect.poll(() => core.caching.answers.memory.entries, { interval: 5 }).toBeGreaterThan(0);
  await ask(core, { text: "alpha" });
  expect(isOver).toBe(false);
  expect(await warmed).toMatchObject({ computed: 24 });
});
