import { describe, expect, test } from "vitest";
import { chooseWorker, mostBatches } from "../../../src/daemon/policy/dispatch.ts";
import { dueBy, withJitter } from "../../../src/daemon/policy/recycle.ts";
import type { WorkerView } from "../../../src/daemon/policy/worker-view.ts";

const busy: Partial<WorkerView> = { idle: false, batches: 1 };

const worker = (slot: number, over: Partial<WorkerView> = {}): WorkerView => ({
  slot,
  serving: true,
  idle: true,
  batches: 0,
  users: 0,
  requests: 0,
  uptimeMs: 0,
  maxUsers: 50,
  maxRequests: 1000,
  maxUptimeMs: 14_400_000,
  ...over,
});

describe("who gets the next batch", () => {
  test("the idle one nearest its limits, whichever limit that is", () => {
    expect(chooseWorker([worker(0, { requests: 400 }), worker(1, { users: 25 })])).toBe(1);
    expect(chooseWorker([worker(0, { requests: 600 }), worker(1, { users: 25 })])).toBe(0);
  });

  test("nobody while all are busy, starting or draining", () => {
    expect(chooseWorker([worker(0, busy), worker(1, { serving: false, idle: false })])).toBeUndefined();
  });

  test("not the one that is due while another serves, even if that one is busy", () => {
    expect(chooseWorker([worker(0, { users: 50 }), worker(1, busy)])).toBeUndefined();
    expect(chooseWorker([worker(0, { users: 50 }), worker(1)])).toBe(1);
  });

  test("the one that is due where no other serves", () => {
    expect(chooseWorker([worker(0, { users: 50 }), worker(1, { serving: false, idle: false })])).toBe(0);
  });

  test("one that has a batch, where each may have two; an idle one comes first, whatever its limits", () => {
    expect(chooseWorker([worker(0, busy), worker(1, { ...busy, users: 25 })], 2)).toBe(1);
    expect(chooseWorker([worker(0), worker(1, { ...busy, users: 25 })], 2)).toBe(0);
    expect(chooseWorker([worker(0, { idle: false, batches: 2 })], 2)).toBeUndefined();
  });

  test("two where eight texts wait for each worker", () => {
    expect([mostBatches(7, 1), mostBatches(8, 1), mostBatches(15, 2), mostBatches(16, 2)]).toEqual([1, 2, 1, 2]);
  });
});

describe("what makes a worker due", () => {
  test.each([
    ["users", { users: 50 }],
    ["requests", { requests: 1000 }],
    ["uptime", { uptimeMs: 14_400_000 }],
  ] as const)("%s at its limit", (reason, over) => {
    expect(dueBy(worker(0, over))).toBe(reason);
  });

  test("nothing below the limits, and nothing where they are off", () => {
    expect(dueBy(worker(0, { users: 49, requests: 999, uptimeMs: 14_399_999 }))).toBeNull();
    const off = { maxUsers: 0, maxRequests: 0, maxUptimeMs: 0 };
    expect(dueBy(worker(0, { ...off, users: 1e6, requests: 1e6, uptimeMs: 1e12 }))).toBeNull();
  });

  test("jitter adds 0 to its bound and leaves off at off", () => {
    expect([withJitter(1000, 100, 0), withJitter(1000, 100, 0.999_999), withJitter(0, 100, 0.5)]).toEqual([
      1000, 1100, 0,
    ]);
  });
});
