import type { MeasuredModel, PlanMachine, PlanPolicy } from "../../src/lib/protocol/plan.ts";
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
    memory: { loadedBytes: 40 * MIB, servingBytes: 60 * MIB, sharedBytes: 120 * MIB },
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
