import { expect, test } from "vitest";
import { ModelLabels } from "../../../src/daemon/reports/model-labels.ts";

const names = (count: number, from = 0): string[] => Array.from({ length: count }, (_, at) => `m${at + from}`);

test("64 names have a label of their own, and what is above is other, whatever comes and goes", () => {
  const labels = new ModelLabels();
  expect(labels.of(names(70))).toEqual([...names(64), ...Array<string>(6).fill("other")]);
  // One that sorts first takes nobody's label.
  expect(labels.of(["a", ...names(64)])).toEqual(["other", ...names(64)]);
  // A label is free again when its model is gone.
  expect(labels.of(["a", ...names(63, 1)])).toEqual(["a", ...names(63, 1)]);
  for (let day = 0; day < 1000; day += 1) expect(labels.of([`intent-${day}`])).toEqual([`intent-${day}`]);
});
