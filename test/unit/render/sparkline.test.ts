import { describe, expect, test } from "vitest";
import { ASCII_GLYPHS, glyphsFor, UNICODE_GLYPHS } from "../../../src/lib/render/glyphs.ts";
import { sparkline } from "../../../src/lib/render/sparkline.ts";

describe("sparkline", () => {
  test("draws from zero to the largest value", () => {
    expect(sparkline([0, 1, 2, 4, 8], { width: 5, glyphs: UNICODE_GLYPHS })).toBe("▁▁▂▄█");
  });

  test("shows the last values, padded on the left", () => {
    expect(sparkline([8, 8, 1], { width: 2, glyphs: ASCII_GLYPHS })).toBe("#_");
    expect(sparkline([8], { width: 4, glyphs: ASCII_GLYPHS })).toBe("   #");
    expect(sparkline([], { width: 3, glyphs: ASCII_GLYPHS })).toBe("   ");
    expect(sparkline([8], { width: 0, glyphs: ASCII_GLYPHS })).toBe("");
  });

  test("leaves a gap where nothing was measured", () => {
    expect(sparkline([1, null, 1], { width: 3, glyphs: ASCII_GLYPHS })).toBe("# #");
  });

  test("holds values against a top that is given, and cuts what is above it", () => {
    expect(sparkline([0.5, 1, 2], { width: 3, glyphs: UNICODE_GLYPHS, top: 1 })).toBe("▄██");
  });

  test("is flat where all is zero", () => {
    expect(sparkline([0, 0], { width: 2, glyphs: UNICODE_GLYPHS })).toBe("▁▁");
  });
});

describe("glyphsFor", () => {
  test.each([
    [{ LANG: "en_US.UTF-8" }, UNICODE_GLYPHS],
    [{ LC_ALL: "C.utf8", LANG: "C" }, UNICODE_GLYPHS],
    [{ LC_ALL: "C", LANG: "en_US.UTF-8" }, ASCII_GLYPHS],
    [{ LANG: "C" }, ASCII_GLYPHS],
    [{}, ASCII_GLYPHS],
    [{ LANG: "en_US.UTF-8", TERM: "dumb" }, ASCII_GLYPHS],
  ])("%j", (env, glyphs) => {
    expect(glyphsFor(env)).toBe(glyphs);
  });
});
