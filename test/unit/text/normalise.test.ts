import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalise } from "../../../src/daemon/text/normalise.ts";

describe("normalising", () => {
  test("composes, folds white space and trims", () => {
    expect(normalise("  where\t is \r\n my\u00A0cafe\u0301 \u2003", 0)).toBe("where is my caf\u00e9");
  });

  test.each([
    ["", "empty"],
    [" \t\n\u3000", "empty"],
    ["a\0b", "NUL"],
    ["a\uD800b", "lone surrogate"],
    ["\uDC00", "lone surrogate"],
  ])("refuses %j, saying %s and which text", (text, why) => {
    expect(() => normalise(text, 7)).toThrow(expect.objectContaining({ code: "INVALID_TEXT", index: 7 }));
    expect(() => normalise(text, 7)).toThrow(new RegExp(`^text 7 .*${why}`));
  });

  test("is its own fixed point", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        try {
          const once = normalise(text, 0);
          return normalise(once, 0) === once;
        } catch {
          return true;
        }
      }),
    );
  });
});
