import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Turns } from "../../../src/lib/turns.ts";

test("those that wait for their next turn get one each, in order", async () => {
  const order: string[] = [];
  const works = ["a", "b", "c"].map(async (name) => {
    await new Turns().next();
    order.push(name);
  });
  for (const sofar of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    await nextTurn();
    expect(order).toEqual(sofar);
  }
  await Promise.all(works);
});
