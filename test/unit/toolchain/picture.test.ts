import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { drawScreen } from "../../../scripts/picture/svg.ts";

const FOLDER = new URL("../../../docs/pictures/", import.meta.url);
const COLUMN = 8.4;
const MARGIN = 16;

interface Drawn {
  readonly x: number;
  readonly width: number;
  readonly words: string;
}

/** What is said in each text of the screen, and between which edges. */
function textsOf(svg: string): readonly Drawn[] {
  const texts = svg.matchAll(
    /<text x="([\d.]+)" y="[\d.]+" fill="[^"]+"(?: font-weight="bold")? textLength="([\d.]+)"[^>]*>([^<]*)</g,
  );
  return [...texts].map(([, x, width, words = ""]) => ({
    x: Number(x),
    width: Number(width),
    words: words.replaceAll(/&(amp|lt|gt);/g, "?"),
  }));
}

/** A browser that keeps no blanks draws it all the same: each text begins in its column and is as long as its letters. */
function expectWhole(svg: string): void {
  expect(svg).not.toContain("xml:space");
  for (const { x, width, words } of textsOf(svg)) {
    expect(words).not.toMatch(/^ | {2}| $|[░█▁-▇│]/);
    expect(width / COLUMN).toBeCloseTo(words.length, 1);
    expect(Math.abs((x - MARGIN) / COLUMN - Math.round((x - MARGIN) / COLUMN))).toBeLessThan(0.02);
  }
}

describe("a picture of a screen", () => {
  test("has no two blanks in a row, and strokes as shapes", () => {
    const svg = drawScreen(["every 1s  12:03:04Z", "██░░▁▂│ 61%"], { width: 20, title: "t" });
    expectWhole(svg);
    expect(textsOf(svg).map(({ words }) => words)).toEqual(["every 1s", "12:03:04Z", "61%"]);
    expect(svg.match(/<rect x=/g)).toHaveLength(5);
  });

  test("what is faint stays so behind a colour that ends, and the other way round", () => {
    const svg = drawScreen(
      ["\u001B[31m!\u001B[2m\u001B[39m emergency \u001B[0m\u001B[2;32mok\u001B[22m now\u001B[39m end"],
      {
        width: 40,
        title: "t",
      },
    );
    const inks = [...svg.matchAll(/fill="(#\w+)" textLength[^>]*>([^<]*)</g)].map(([, ink, words]) => [words, ink]);
    const [faint, ink, red, green] = ["#8b949e", "#c9d1d9", "#ff7b72", "#7ee787"];
    expect(inks).toEqual([
      ["!", red],
      ["emergency", faint],
      ["ok", green],
      ["now", green],
      ["end", ink],
    ]);
  });

  test.each(readdirSync(FOLDER).filter((name) => /^(monitor|status|doctor|decisions)/.test(name)))(
    "%s is whole",
    (name) => {
      const svg = readFileSync(new URL(name, FOLDER), "utf8");
      expectWhole(svg);
      expect(textsOf(svg).length).toBeGreaterThan(10);
    },
  );
});
