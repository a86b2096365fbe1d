import { expect, test } from "vitest";
import { checkText } from "../../../src/daemon/text/check.ts";

test.each([
  ["", "empty"],
  [" \t\n\u3000", "empty"],
  ["a\0b", "NUL"],
  ["a\uD800b", "lone surrogate"],
  ["\uDC00", "lone surrogate"],
  ["\u200D", "no visible character"],
  ["\u200B \uFEFF\u3164\u{E0041}\u0007", "no visible character"],
])("refuses %j, saying %s and which text", (text, why) => {
  expect(() => checkText(text, 7)).toThrow(expect.objectContaining({ code: "INVALID_TEXT", index: 7 }));
  expect(() => checkText(text, 7)).toThrow(new RegExp(`^text 7 .*${why}`));
});

test.each(["where is my order", " a", "\tb\n", "\u0301", "🤷‍♀️", "\u200Da"])("takes %j", (text) => {
  expect(() => checkText(text, 0)).not.toThrow();
});
