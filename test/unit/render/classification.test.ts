import { describe, expect, test } from "vitest";
import { renderEntry, renderResult } from "../../../src/lib/render/classification.ts";

describe("renderResult", () => {
  test("is the label and its score", () => {
    expect(renderResult({ label: "greeting", score: 0.987_654, cached: false })).toBe("greeting\t0.9877");
  });

  test("has a pair of columns for each label asked for", () => {
    const scores = [
      { label: "greeting", score: 0.9 },
      { label: "farewell", score: 0.1 },
    ];
    const result = { label: "greeting", score: 0.9, scores, cached: "memory" } as const;
    expect(renderResult(result)).toBe("greeting\t0.9000\tfarewell\t0.1000");
  });

  test("keeps a label's white space from adding columns or lines", () => {
    expect(renderResult({ label: "order\tstatus\n", score: 1, cached: false })).toBe("order status \t1.0000");
  });
});

test("an entry that failed is one line that begins with its code", () => {
  const error = {
    code: "INVALID_TEXT",
    title: "A text that can't be classified",
    detail: "two\nlines",
    help: "",
  } as const;
  expect(renderEntry({ error })).toBe("!INVALID_TEXT\ttwo lines");
});
