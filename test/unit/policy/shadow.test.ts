import { expect, test } from "vitest";
import { inTheWay, mayReturn } from "../../../src/daemon/policy/shadow.ts";

const FREE = { level: "normal", waiting: 0, running: 1, cores: 2 } as const;

test("a candidate compares only while memory is at normal, nothing waits and a processor is free", () => {
  expect(inTheWay(FREE)).toBeUndefined();
  expect(inTheWay({ ...FREE, waiting: 1 })).toBe("busy");
  expect(inTheWay({ ...FREE, running: 2 })).toBe("busy");
  expect(inTheWay({ ...FREE, level: "warning", waiting: 1 })).toBe("level");
});

test("what made room stays away ten times as long as its load took", () => {
  expect(mayReturn(null, 500, 0)).toBe(true);
  expect([mayReturn(1000, 500, 5999), mayReturn(1000, 500, 6000)]).toEqual([false, true]);
});
