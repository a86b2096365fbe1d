import { expect, test } from "vitest";
import { chooseIdle, idleUnloadInMs } from "../../../src/daemon/policy/idle.ts";

const workers = [
  { slot: 0, idle: true, quietMs: 300_000 },
  { slot: 1, idle: true, quietMs: 299_999 },
  { slot: 2, idle: false, quietMs: 0 },
  { slot: 3, idle: true, quietMs: 0 },
];

test("those that have been quiet for so long, each by itself", () => {
  expect(chooseIdle(workers, 300_000)).toEqual([0]);
  expect(chooseIdle(workers, 299_999)).toEqual([0, 1]);
  expect(chooseIdle(workers, 300_001)).toEqual([]);
});

test("with 0 all that are idle, with −1 none", () => {
  expect(chooseIdle(workers, 0)).toEqual([0, 1, 3]);
  expect(chooseIdle(workers, -1)).toEqual([]);
});

test("never one that works, however long it was quiet before", () => {
  expect(chooseIdle([{ slot: 0, idle: false, quietMs: 1e9 }], 1)).toEqual([]);
});

test("the model goes with the worker that was asked last; never where workers are not unloaded for it", () => {
  expect(idleUnloadInMs([{ quietMs: 1000 }, { quietMs: 4000 }], 5000)).toBe(4000);
  expect(idleUnloadInMs([{ quietMs: 9000 }], 5000)).toBe(0);
  expect(idleUnloadInMs([{ quietMs: 1000 }], -1)).toBeNull();
  expect(idleUnloadInMs([], 5000)).toBeNull();
});
