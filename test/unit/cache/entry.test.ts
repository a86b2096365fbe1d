import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { decodeEntry } from "../../../src/daemon/cache/entry.ts";

const SHA = "ab".repeat(32);

/** By the layout that docs/cache.md gives, not by combot's own hand. */
function entryOf(scores: readonly (readonly [label: number, millionths: number])[], isWide = false): Buffer {
  const width = isWide ? 2 : 1;
  const body = Buffer.alloc(38 + scores.length * (width + 3));
  body.write(SHA, 0, "hex");
  body.writeUIntBE(1_900_000_000_000, 32, 6);
  for (const [at, [label, millionths]] of scores.entries()) {
    const offset = body.writeUIntBE(label, 38 + at * (width + 3), width);
    body.writeUIntBE(millionths, offset, 3);
  }
  const head = Buffer.from([3, isWide ? 2 : 0, 0, 0, 0, 0]);
  head.writeUInt32BE(crc32(body), 2);
  return Buffer.concat([head, body]);
}

test.each([false, true])("an entry as it is documented is read, wide %s", (isWide) => {
  const entry = entryOf(
    [
      [2, 700_000],
      [0, 300_000],
    ],
    isWide,
  );
  expect(decodeEntry(entry, SHA, 3)).toEqual({
    answer: { ranking: [2, 0], millionths: [700_000, 300_000], truncated: false },
    expiresAtMs: 1_900_000_000_000,
  });
});

test.each([
  [
    "a label twice",
    [
      [0, 600_000],
      [0, 400_000],
    ],
  ],
  [
    "a label twice, apart",
    [
      [0, 600_000],
      [1, 300_000],
      [0, 100_000],
    ],
  ],
  [
    "more scores than labels",
    [
      [0, 1],
      [1, 1],
      [2, 1],
      [1, 1],
    ],
  ],
  ["a label beyond them", [[3, 1]]],
  ["more than certain", [[0, 1_000_001]]],
  ["none", []],
] as const)("%s is damage", (_what, scores) => {
  expect(decodeEntry(entryOf(scores), SHA, 3)).toBe("damaged");
});

test.each([31, 32, 33, 200])("the label %i may be there once, whatever comes with it, and not twice", (label) => {
  const once: [number, number][] = [
    [0, 500_000],
    [label, 300_000],
    [1, 100_000],
  ];
  expect(decodeEntry(entryOf(once), SHA, 300)).toMatchObject({ answer: { ranking: [0, label, 1] } });
  expect(decodeEntry(entryOf([...once, [label, 100_000]]), SHA, 300)).toBe("damaged");
});
