import { describe, expect, test } from "vitest";
import { capacityOf, simulate } from "../../../src/daemon/simulation/capacity.ts";
import type { MeasuredModel, PlanMachine, PlanPolicy } from "../../../src/lib/protocol/plan.ts";
import { MIB } from "../../../src/lib/units.ts";
import { measuredModel, planMachine, planPolicy } from "../../support/plan-fixtures.ts";

/** 40 ms a text, alone in its batch. */
const SLOW: Partial<MeasuredModel> = {
  batching: "single",
  byThreads: [{ threads: 1, grid: [{ texts: 1, tokens: 8, ms: 40 }], noise: [1], crowding: [] }],
  tokens: [8],
};

interface Change {
  readonly machine?: Partial<PlanMachine>;
  readonly policy?: Partial<PlanPolicy>;
  readonly model?: Partial<MeasuredModel>;
}

function capacity({ machine, policy, model }: Change) {
  const variant = { name: "one", machine: planMachine(machine), policy: planPolicy(policy) };
  return capacityOf(variant, {
    model: measuredModel({ ...SLOW, ...model }),
    texts: ["a text"],
    seed: 1,
    traffic: { minutes: [1], users: 1, unique: true },
    perUserPerSecond: 0.1,
    targets: { p99Ms: 2000, failed: 0.01 },
    from: 100,
    onTry: () => undefined,
  });
}

describe("how many users fit", () => {
  test("two workers of 40 ms a text do 50 a second, less the daemon's part; half the processors half of that", async () => {
    const whole = await capacity({});
    expect(whole.perSecond).toBeCloseTo(whole.users / 10, 6);
    expect(whole.perSecond).toBeGreaterThan(42);
    expect(whole.perSecond).toBeLessThan(51);
    expect(whole.bound).toBe("CPU");
    const half = await capacity({ machine: { cores: 1 }, policy: { workers: 1 } });
    expect(half.users / whole.users).toBeGreaterThan(0.43);
    expect(half.users / whole.users).toBeLessThan(0.57);
  });

  test("three workers of two threads on eight cores are bound by workers", async () => {
    const model = { byThreads: [{ ...SLOW.byThreads![0]!, threads: 2 }] };
    const { bound } = await capacity({ machine: { cores: 8 }, policy: { workers: 3 }, model });
    expect(bound).toBe("workers");
  });

  test("where a worker comes to nothing for want of memory, memory binds", async () => {
    const { users, bound } = await capacity({ policy: { memoryLimitBytes: 230 * MIB } });
    expect(bound).toBe("memory");
    expect(users).toBeLessThan(400);
  });

  test("a short queue binds before the processors do", async () => {
    const { bound } = await capacity({ policy: { queueMaxTexts: 1 } });
    expect(bound).toBe("queue");
  });
});

describe("what is decided on the way", () => {
  const asked = { model: measuredModel(), texts: measuredModel().tokens.map((_, at) => `text ${at}`), seed: 1 };
  const hour = { warmUpMs: 0, untilMs: 3_600_000, spanMs: 3_600_000 };
  const traffic = { minutes: [5], users: 50, unique: true };

  test("a worker is recycled each time that so many texts were computed", async () => {
    const policy = planPolicy({ workers: 1, maxRequests: 500 });
    const { total } = await simulate({ machine: planMachine(), policy }, traffic, asked, hour);
    // Within the second in which it is looked at, and while its successor loads, some 7 more come: 18,000 / 507.
    expect(total.recycles).toBeGreaterThanOrEqual(34);
    expect(total.recycles).toBeLessThanOrEqual(36);
    expect(total.failures).toEqual({ "queue full": 0, deadline: 0, emergency: 0, "no worker": 0 });
  });

  test("workers that nobody asks are unloaded, and come back with the next text", async () => {
    const minutes = [2, 0, 0, 0, 0, 0];
    const policy = planPolicy({ modelIdleUnloadMs: 60_000 });
    const { total, decisions } = await simulate(
      { machine: planMachine(), policy },
      { ...traffic, minutes },
      asked,
      hour,
    );
    expect(decisions["unload: idle"]).toBeGreaterThanOrEqual(10);
    expect(total.loads).toBeGreaterThanOrEqual(10);
    expect(total.answered).toBe(total.requests);
  });

  test("a machine that is too small comes to emergency, and its texts are refused", async () => {
    // Taken are 192 MiB of 280; a worker that nobody has measured is thought to need 48, and comes to 80.
    const machine = planMachine({ memoryBytes: 280 * MIB, besideBytes: 150 * MIB });
    const model = measuredModel({ memory: { ...asked.model.memory, servingBytes: 80 * MIB } });
    const policy = planPolicy();
    const { total, decisions } = await simulate({ machine, policy }, traffic, { ...asked, model }, hour);
    expect(decisions["unload all: emergency"]).toBe(1);
    expect(total.failures.emergency).toBeGreaterThan(0.9 * total.requests);
  });
});
