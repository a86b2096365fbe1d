import { describe, expect, test } from "vitest";
import { simulate } from "../../../src/daemon/simulation/capacity.ts";
import { simulateFleet, type Fleet } from "../../../scripts/simulate/fleet-simulation.ts";
import { fleetCapacity } from "../../../scripts/simulate/fleet-capacity.ts";
import { measuredModel, planMachine, planPolicy } from "../../support/plan-fixtures.ts";

const model = measuredModel({ tokens: Array.from({ length: 400 }, (_, at) => 8 + (at % 4) * 8) });
const ASKED = { model, texts: model.tokens.map((_, at) => `text ${at}`), seed: 7 };
const TIMES = { warmUpMs: 5000, untilMs: 35_000 };
const FAST = { masters: 1, readsPerSecond: 1e6, writesPerSecond: 1e6 };

function fleetOf(hosts: number, change: Partial<Fleet> = {}): Fleet {
  return { machine: planMachine(), policy: planPolicy({ isRedisOn: true }), hosts, redis: FAST, ...change };
}

describe("a fleet", () => {
  test.each([true, false])("of one host is what combot plan simulates, with Redis: %s", async (isRedisOn) => {
    const policy = planPolicy({ isRedisOn, maxUsersPerProcess: 50 });
    const traffic = { minutes: [120], users: 500, unique: false };
    const spanMs = TIMES.untilMs - TIMES.warmUpMs;
    const planned = await simulate({ machine: planMachine(), policy }, traffic, ASKED, { ...TIMES, spanMs });
    // So fast that nobody waits: as the Redis of a plan, which nobody else asks.
    const redis = { masters: 1, readsPerSecond: 1e12, writesPerSecond: 1e12 };
    const fleet = await simulateFleet(fleetOf(1, { policy, redis }), traffic, ASKED, TIMES);
    expect(fleet.total).toEqual(planned.total);
    expect(fleet.decisions).toEqual(planned.decisions);
    expect(planned.total.requests).toBeGreaterThan(3000);
    expect(planned.total.recycles).toBeGreaterThan(0);
  });

  test("is the same for the same seed, and another for another", async () => {
    const run = (seed: number) =>
      simulateFleet(fleetOf(3), { minutes: [90], users: 100, unique: false }, { ...ASKED, seed }, TIMES);
    const [one, same, other] = [await run(1), await run(1), await run(2)];
    expect(same).toEqual(one);
    expect(other.total.requests).not.toBe(one.total.requests);
  });

  test("finds in Redis what another host has computed", async () => {
    const traffic = { minutes: [200], users: 100, unique: false };
    const policy = planPolicy({ isRedisOn: true, maxCacheEntries: 10_000 });
    const { sources } = await simulateFleet(fleetOf(4, { policy }), traffic, ASKED, { warmUpMs: 0, untilMs: 30_000 });
    // Each text is computed once in all, bar those that two hosts were asked at the same time, and found in Redis by the others.
    expect(sources.computed).toBeLessThan(1.1 * model.tokens.length);
    expect(sources.redis).toBeGreaterThan(sources.computed);
  });

  test("asks Redis twice for each text that is like no other: a read and a write", async () => {
    const traffic = { minutes: [100], users: 100, unique: true };
    const { redis, total } = await simulateFleet(fleetOf(2), traffic, ASKED, TIMES);
    expect(redis.opsPerSecond / total.perSecond).toBeGreaterThan(1.99);
    expect(redis.opsPerSecond / total.perSecond).toBeLessThan(2.01);
    expect(redis.skipped).toBe(0);
  });
});

describe("Redis is full where arithmetic says", () => {
  // A text like no other is one read and one write. A master that does 500 reads or 250 writes a second is busy for
  // 1000/500 + 1000/250 = 2 + 4 = 6 ms a text: at 100 texts a second for 0.6 of its time, from 166.7 on for all of it.
  const redis = { masters: 1, readsPerSecond: 500, writesPerSecond: 250 };
  const shareAt = async (perSecond: number, masters: number) => {
    const traffic = { minutes: [perSecond], users: 1000, unique: true };
    const fleet = fleetOf(8, { redis: { ...redis, masters } });
    return (await simulateFleet(fleet, traffic, ASKED, { warmUpMs: 10_000, untilMs: 110_000 })).redis;
  };

  test("below it the master is busy for the share that the commands take", async () => {
    const { busiestShare, skipped } = await shareAt(100, 1);
    expect(busiestShare).toBeGreaterThan(0.57);
    expect(busiestShare).toBeLessThan(0.63);
    // Of 20,000 commands, in bursts.
    expect(skipped).toBeLessThan(100);
  });

  test("above it the master is busy all the time, and commands are left out", async () => {
    const { busiestShare, skipped } = await shareAt(300, 1);
    expect(busiestShare).toBeGreaterThan(0.99);
    expect(busiestShare).toBeLessThan(1.01);
    // 1.8 times what it can do: of 60,000 commands four ninths.
    expect(skipped).toBeGreaterThan(20_000);
    expect(skipped).toBeLessThan(33_000);
  });

  test("four masters take a quarter each", async () => {
    const { busiestShare, skipped } = await shareAt(200, 4);
    // 200 × 6 ms / 4 = 0.3 of each.
    expect(busiestShare).toBeGreaterThan(0.28);
    expect(busiestShare).toBeLessThan(0.33);
    expect(skipped).toBe(0);
  });
});

describe("the capacity of a fleet", () => {
  const asked = { ...ASKED, perUserPerSecond: 1, targets: { p99Ms: 500, failed: 0.01 }, requests: 6000 };

  test("more hosts never hold fewer users, and Redis does not slow them down", { timeout: 120_000 }, async () => {
    const held = [];
    for (const hosts of [1, 2, 4])
      held.push(await fleetCapacity(fleetOf(hosts), { ...asked, from: 100 * hosts, unique: true }));
    const users = held.map((one) => one.users);
    expect(users).toEqual(users.toSorted((a, b) => a - b));
    // Texts like no other: each host computes its own, so that four hold four times as many, to the search's 5 %.
    expect((users[2] ?? 0) / (users[0] ?? 1)).toBeGreaterThan(3.5);
    expect((users[2] ?? 0) / (users[0] ?? 1)).toBeLessThan(4.5);
  });

  test("nor where Redis is full", { timeout: 120_000 }, async () => {
    const redis = { masters: 1, readsPerSecond: 100, writesPerSecond: 100 };
    const users: number[] = [];
    for (const hosts of [1, 2, 4])
      users.push(
        (await fleetCapacity(fleetOf(hosts, { redis }), { ...asked, from: 100 * hosts, unique: false })).users,
      );
    expect(users).toEqual(users.toSorted((a, b) => a - b));
  });
});
