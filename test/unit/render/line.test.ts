import { describe, expect, test } from "vitest";
import { fitLine, joinFitting, paintLine, printable, span, widthOf } from "../../../src/lib/render/line.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";

const plain = (line: Parameters<typeof paintLine>[0]): string => paintLine(line, PLAIN);

describe("joinFitting", () => {
  test("leaves out whole phrases, from the first that does not fit on", () => {
    expect(plain(joinFitting(["one", "two", "three", "4"], 8))).toBe("one, two");
    expect(plain(joinFitting(["one", "two"], 7))).toBe("one");
    expect(plain(joinFitting(["one"], 2))).toBe("");
  });

  test("keeps the tones", () => {
    expect(joinFitting([[span("up", "good")], "7 ms"], 10)).toEqual([
      { text: "up", tone: "good" },
      { text: ", " },
      { text: "7 ms" },
    ]);
  });
});

describe("fitLine", () => {
  test("is as wide as it is told", () => {
    const line = [span("abc", "bad"), span("def")];
    expect(plain(fitLine(line, 4))).toBe("abcd");
    expect(plain(fitLine(line, 8))).toBe("abcdef  ");
    expect(widthOf(fitLine(line, 0))).toBe(0);
  });
});

test("what came from outside moves no cursor and takes one column a character", () => {
  expect(printable("mod\u001B[2Jel \u{1F600}é")).toBe("mod?[2Jel ???");
});
