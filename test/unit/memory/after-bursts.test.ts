import { expect, test } from "vitest";
import { AfterBursts } from "../../../src/daemon/memory/after-bursts.ts";

/** Looks once after each of these shares of a core, in per cent; where it collected: true. */
function looked(...shares: readonly number[]): boolean[] {
  let seconds = 100;
  let collected = 0;
  const afterBursts = new AfterBursts({
    cpuSeconds: () => seconds,
    collect: () => {
      collected += 1;
      seconds += 3;
    },
  });
  return shares.map((share) => {
    const before = collected;
    seconds += share / 10;
    afterBursts.look();
    return collected > before;
  });
}

test("what the start left is collected once, as soon as there is little to do", () => {
  expect(looked(30, 6, 2, 1, 2, 1)).toEqual([false, false, true, false, false, false]);
});

test("what a burst left is collected once when it is over", () => {
  expect(looked(1, 1, 40, 90, 4, 1)).toEqual([true, false, false, false, true, false]);
});

test("collecting is no burst, however long it takes", () => {
  expect(looked(1, 1, 1)).toEqual([true, false, false]);
});
