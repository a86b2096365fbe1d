import { expect, test } from "vitest";
import { Painter } from "../../../src/lib/cli/painter.ts";

const CLEAR = "\u001B[2J";

test("all is painted once, then only the lines that changed", () => {
  const painter = new Painter();
  expect(painter.paint(["a", "b"])).toBe(`${CLEAR}\u001B[1;1Ha\u001B[2;1Hb`);
  expect(painter.paint(["a", "c"])).toBe("\u001B[2;1Hc");
  expect(painter.paint(["a", "c"])).toBe("");
});

test("all again on a terminal of another size", () => {
  const painter = new Painter();
  painter.paint(["a"]);
  painter.forget();
  expect(painter.paint(["a"])).toBe(`${CLEAR}\u001B[1;1Ha`);
});

test("what it turns on as it comes it turns off as it goes", () => {
  const painter = new Painter();
  const modes = (text: string): string[] => text.match(/(?<=\?)\d+(?=[hl])/g)?.toSorted() ?? [];
  expect(modes(painter.leave())).toEqual(modes(painter.enter()));
});
