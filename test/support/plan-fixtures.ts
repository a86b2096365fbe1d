import { simulate } from "../../src/daemon/simulation/capacity.ts";
import type { MeasuredModel, PlanMachine, PlanPolicy, PlanReport } from "../../src/lib/protocol/plan.ts";
import { GIB, MIB } from "../../src/lib/units.ts";

/** A model whose batches take a millisecond for each eight tokens that they pad to. */
export function measuredModel(change: Partial<MeasuredModel> = {}): MeasuredModel {
  const grid = [1, 2, 4, 8].flatMap((texts) =>
    [8, 16, 32].map((tokens) => ({ texts, tokens, ms: (texts * tokens) / 8 })),
  );
  return {
    name: "made up",
    dir: "/models/made-up",
    digest: "0".repeat(64),
    labels: 3,
    windowTokens: 64,
    batching: "padded",
    bytes: 64 * MIB,
    loadMs: 400,
    byThreads: [{ threads: 1, grid, noise: [1], crowding: [{ running: 1, factor: 1 }] }],
    memory: { loadedBytes: 40 * MIB, servingBytes: 60 * MIB, sharedBytes: 120 * MIB, programBytes: 55 * MIB },
    tokens: [8, 16, 16, 32, 8],
    othersCpu: 0,
    ...change,
  };
}

export function planMachine(change: Partial<PlanMachine> = {}): PlanMachine {
  return {
    name: "here",
    cores: 2,
    memoryBytes: 8 * GIB,
    baseline: null,
    unlimited: true,
    speed: 1,
    besideBytes: GIB,
    besideMs: 0,
    ...change,
  };
}

export function planPolicy(change: Partial<PlanPolicy> = {}): PlanPolicy {
  return {
    workers: 2,
    maxUsersPerProcess: 0,
    maxRequests: 0,
    maxRequestsJitter: 0,
    recycleIntervalMs: 0,
    requestTimeoutMs: 30_000,
    queueMaxTexts: 1000,
    preload: true,
    modelIdleUnloadMs: -1,
    memory: { warning: 0.8, high: 0.85, critical: 0.9, emergency: 0.95 },
    memoryLimitBytes: null,
    cacheTtlMs: 3_600_000,
    maxCacheEntries: 100,
    isRedisOn: false,
    ...change,
  };
}

/** Of a day and a variant each simulated for a short while. @param hours of a day that rises and falls. */
export async function planReport(hours: number, machine = planMachine()): Promise<PlanReport> {
  const model = measuredModel();
  const texts = model.tokens.map((_, at) => `text ${at}`);
  const policy = planPolicy({ maxUsersPerProcess: 20 });
  const minutes = Array.from({ length: hours * 60 }, (_, minute) => 1 + (hours > 1 ? minute / 60 : 0));
  const traffic = { minutes, users: 60, unique: false };
  const times = { warmUpMs: 0, untilMs: hours * 3_600_000, spanMs: 3_600_000 };
  const day = await simulate({ machine, policy }, traffic, { model, texts, seed: 1 }, times);
  const capacity = { users: 1234, perSecond: 41.1, bound: "CPU" as const, evidence: "at 1300 users p99 was 2100 ms" };
  const names = [machine.name, "MAX_USERS_PER_PROCESS=200 WORKERS=1 REQUEST_TIMEOUT=10", "<b>&"];
  return {
    format: 1,
    at: "2026-11-30T12:00:00.000Z",
    model,
    traffic,
    perUserPerSecond: 1 / 30,
    targets: { p99Ms: 2000, failed: 0.01 },
    seed: 1,
    day,
    variants: names.map((name) => ({ name, machine, policy, hour: day, capacity })),
    assumptions: ["Users ask equally often."],
    failures: hours > 1 ? ["here misses the targets in hour 2: p99 was 2100 ms."] : [],
    verdict: hours > 1 ? "fails" : "holds",
  };
}
