import { expect, test } from "vitest";
import { Onlookers } from "../../../src/daemon/wiring/onlookers.ts";

test("what an onlooker throws ends there, is counted, and is told once a minute without its message", () => {
  const lines: unknown[] = [];
  let nowMs = 0;
  const onlookers = new Onlookers({ error: (fields: unknown) => void lines.push(fields) }, () => nowMs);
  const fail = (): never => {
    throw new Error("where is my parcel");
  };
  for (let count = 0; count < 5; count++) onlookers.tell("metrics", fail);
  expect(onlookers.ask("systemd", fail, "otherwise")).toBe("otherwise");
  expect(onlookers.ask("systemd", () => "said", "otherwise")).toBe("said");
  expect([onlookers.failuresOf("metrics"), onlookers.failuresOf("systemd")]).toEqual([5, 1]);
  expect(lines).toHaveLength(2);
  nowMs = 60_000;
  onlookers.tell("metrics", fail);
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines)).not.toContain("parcel");
});

test("a log that throws breaks nothing either", () => {
  const onlookers = new Onlookers({ error: () => JSON.parse("{") as void }, () => 0);
  onlookers.tell("log", () => JSON.parse("{") as void);
  expect(onlookers.failuresOf("log")).toBe(1);
});
