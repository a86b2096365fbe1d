import { expect, test } from "vitest";
import { Breaker } from "../../../src/daemon/cache/breaker.ts";

function openedAt(events: readonly (readonly [atMs: number, tookMs: number | "failed"])[]): string[] {
  let nowMs = 0;
  const turns: string[] = [];
  const breaker = new Breaker(
    () => nowMs,
    (state) => turns.push(`${nowMs} ${state}`),
  );
  for (const [atMs, tookMs] of events) {
    nowMs = atMs;
    if (tookMs === "failed") breaker.failed();
    else breaker.answered(tookMs);
  }
  return turns;
}

test("three failures in a row open it; a slow answer is one, a good answer forgives", () => {
  expect(
    openedAt([
      [0, "failed"],
      [20, 26],
      [40, "failed"],
    ]),
  ).toEqual(["40 open"]);
  expect(
    openedAt([
      [0, "failed"],
      [20, "failed"],
      [30, 1],
      [40, "failed"],
      [60, "failed"],
    ]),
  ).toEqual([]);
});

test("many calls that are late at the same moment are one failure", () => {
  expect(
    openedAt([
      [0, "failed"],
      [1, "failed"],
      [2, 90],
      [3, "failed"],
      [20, "failed"],
    ]),
  ).toEqual([]);
});

test("only a probe closes it", () => {
  const turns: string[] = [];
  const breaker = new Breaker(
    () => 0,
    (state) => turns.push(state),
  );
  breaker.trip();
  breaker.answered(1);
  expect(breaker.state).toBe("open");
  breaker.probed();
  expect(turns).toEqual(["open", "closed"]);
});
