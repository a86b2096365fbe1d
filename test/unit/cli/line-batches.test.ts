import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchLines, type BatchLimits } from "../../../src/lib/cli/line-batches.ts";

const LIMITS: BatchLimits = { lines: 3, units: 10, lineUnits: 8 };

async function batchesOf(chunks: readonly string[]): Promise<readonly (readonly string[])[]> {
  const batches: (readonly string[])[] = [];
  for await (const batch of batchLines(asyncOf(chunks), LIMITS)) batches.push(batch);
  return batches;
}

async function* asyncOf(chunks: readonly string[]): AsyncGenerator<string, void> {
  yield* chunks;
}

describe("batchLines", () => {
  test("ends a batch where it is full of lines or of text", async () => {
    expect(await batchesOf(["a\nb\nc\nd\n"])).toEqual([["a", "b", "c"], ["d"]]);
    expect(await batchesOf(["aaaaaa\nbbbbbb\nc\n"])).toEqual([["aaaaaa"], ["bbbbbb", "c"]]);
  });

  test("hands on what a chunk completes, and does not wait for more", async () => {
    expect(await batchesOf(["a\nb", "b\n", "c"])).toEqual([["a"], ["bb"], ["c"]]);
  });

  test("takes LF and CRLF, keeps empty lines, and needs no end of the last one", async () => {
    expect(await batchesOf(["a\r\n\r", "\n\nb"])).toEqual([["a"], ["", ""], ["b"]]);
  });

  test("cuts a line that is too long so that it still tells", async () => {
    expect(await batchesOf(["x".repeat(30), "x".repeat(30), "\nb\n"])).toEqual([["x".repeat(9), "b"]]);
  });

  test("however the text is cut into chunks, the lines are the same", async () => {
    const lines = fc.array(fc.stringMatching(/^[ab ]{0,8}$/), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(lines, fc.array(fc.nat(40)), async (wanted, cuts) => {
        const text = wanted.map((line) => `${line}\n`).join("");
        const edges = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
        const chunks = edges.slice(1).map((edge, index) => text.slice(edges[index], edge));
        expect((await batchesOf(chunks)).flat()).toEqual(wanted);
      }),
    );
  });
});
