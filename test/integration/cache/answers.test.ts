import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { untilUp } from "../../support/cache-tiers.ts";
import { ask, startCore } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(async () => {
  await server.end();
});

async function startShared(variant = 0, env: Record<string, string> = {}): Promise<Core> {
  const core = await startCore(writeOddModel(temporaryFolder(), { variant }), { REDIS_URL: server.url, ...env });
  core.pool.load();
  await core.pool.whenReady();
  await untilUp(core.caching.redis!.connection);
  return core;
}

const sourceOf = async (core: Core, text: string, user?: string) =>
  (await ask(core, { text, ...(user === undefined ? {} : { user }) })).results[0]?.cached;

describe("two daemons on one Redis", () => {
  test("share answers: the same ones, from Redis first and from memory then", async () => {
    const [one, other] = [await startShared(1), await startShared(1)];
    const first = await ask(one, { text: "alpha beta", topK: 3 });
    await expect.poll(() => server.ask((redis) => redis.dbsize())).toBe(1);
    const second = await ask(other, { text: "alpha beta", topK: 3 });
    expect(second.results[0]).toEqual({ ...first.results[0], cached: "redis" });
    expect(await sourceOf(other, "alpha beta")).toBe("memory");
  });

  test("with different models don't mix, nor does one that changes its model", async () => {
    const [one, other] = [await startShared(2), await startShared(3)];
    const texts = ["alpha", "beta", "gamma delta"];
    const mine = await ask(one, { texts });
    const theirs = await ask(other, { texts });
    expect(theirs.results.map(({ cached }) => cached)).toEqual([false, false, false]);
    expect(theirs.results.map(({ score }) => score)).not.toEqual(mine.results.map(({ score }) => score));
    await one.models.use({ dir: other.models.current.model.dir });
    const changed = await ask(one, { texts });
    expect(changed.results.map(({ label, score }) => [label, score])).toEqual(
      theirs.results.map(({ label, score }) => [label, score]),
    );
    expect(changed.results.every(({ cached }) => cached === "redis")).toBe(true);
  });
});

describe("a recycled worker", () => {
  test("takes its share of the memory tier along; Redis keeps a copy", async () => {
    const core = await startShared(4, { WORKERS: "1" });
    await sourceOf(core, "alpha");
    expect(await sourceOf(core, "alpha")).toBe("memory");
    await core.pool.recycle(0, "manual");
    expect(core.caching.answers.memory.entries).toBe(0);
    expect(await sourceOf(core, "alpha")).toBe("redis");
  });
});

describe("an unloaded model", () => {
  test("is not needed for what was asked before", async () => {
    const core = await startShared(5);
    await sourceOf(core, "alpha");
    await core.pool.unload();
    expect(await sourceOf(core, "alpha")).toBe("memory");
    core.caching.answers.memory.clear(true);
    expect(await sourceOf(core, "alpha")).toBe("redis");
    expect(core.pool.serving).toBe(0);
  });

  test("nor at emergency: misses are refused, cached answers given, from Redis too", async () => {
    const core = await startShared(6);
    await sourceOf(core, "alpha");
    await sourceOf(core, "beta");
    core.caching.answers.memory.clear(false);
    const { CombotError } = await import("../../../src/lib/errors.ts");
    core.models.current.queue.refuse(new CombotError("MEMORY_EMERGENCY", "memory is at emergency"));
    expect(await sourceOf(core, "alpha")).toBe("redis");
    expect(await sourceOf(core, "alpha")).toBe("redis");
    await expect(sourceOf(core, "gamma")).rejects.toMatchObject({ code: "MEMORY_EMERGENCY" });
    await expect(ask(core, { texts: ["beta", "gamma"] })).rejects.toMatchObject({ code: "MEMORY_EMERGENCY" });
  });
});

describe("a user who is answered from the cache", () => {
  test("counts once, for the worker that knows it or the one with the most", async () => {
    const core = await startShared(7);
    const users = () => core.pool.slots.map((slot) => slot.current?.view().users);
    await sourceOf(core, "alpha", "ann");
    expect(users()).toEqual(expect.arrayContaining([0, 1]));
    const busier = users().indexOf(1);
    for (const user of ["ann", "bob", "ann", "cid"]) await sourceOf(core, "alpha", user);
    expect(users()[busier]).toBe(3);
    expect(core.pool.users).toBe(3);
  });
});
