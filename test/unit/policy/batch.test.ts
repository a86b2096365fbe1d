import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BATCH_LIMITS, pickBatch } from "../../../src/daemon/policy/batch.ts";
import type { WaitingText } from "../../../src/daemon/policy/batch.ts";

const text = (tokens: number, enqueuedAtMs = 0, alone = false): WaitingText => ({ tokens, enqueuedAtMs, alone });

const anyText = fc.record({
  tokens: fc.integer({ min: 2, max: 512 }),
  enqueuedAtMs: fc.integer({ min: 0, max: 5000 }),
  alone: fc.boolean(),
});
const anyQueue = fc
  .array(anyText, { maxLength: 60 })
  .map((texts) => texts.toSorted((a, b) => a.enqueuedAtMs - b.enqueuedAtMs));

describe("picking a batch", () => {
  test("takes the oldest and its nearest in length, not the next in line", () => {
    const waiting = [10, 60, 11, 50, 9, 40].map((tokens) => text(tokens));
    expect(pickBatch(waiting, 0, BATCH_LIMITS)).toEqual([0, 2, 4]);
  });

  test("never more texts than allowed", () => {
    expect(
      pickBatch(
        Array.from({ length: 40 }, () => text(20)),
        0,
        BATCH_LIMITS,
      ),
    ).toHaveLength(8);
  });

  test("a text that waited too long comes before one that fits better", () => {
    const waiting = [text(20, 900), text(20, 950), text(26, 0), ...Array.from({ length: 10 }, () => text(20, 1000))];
    expect(
      pickBatch(
        waiting.toSorted((a, b) => a.enqueuedAtMs - b.enqueuedAtMs),
        1100,
        BATCH_LIMITS,
      )[0],
    ).toBe(0);
    const overdue = [text(20, 0), ...Array.from({ length: 10 }, () => text(20, 1500)), text(26, 100)];
    expect(pickBatch(overdue, 1600, BATCH_LIMITS)).toContain(11);
  });

  test("a long text does not pad a batch of short ones", () => {
    const waiting = [text(6), text(512), ...Array.from({ length: 30 }, () => text(6))];
    expect(pickBatch(waiting, 0, BATCH_LIMITS)).not.toContain(1);
  });

  test("a text whose worker died runs by itself, and joins nobody else's batch", () => {
    expect(pickBatch([text(10, 0, true), text(10), text(10)], 0, BATCH_LIMITS)).toEqual([0]);
    expect(pickBatch([text(10), text(10, 0, true), text(10)], 0, BATCH_LIMITS)).toEqual([0, 2]);
  });

  test("always the oldest first, each once, within the texts and the padded tokens allowed", () => {
    fc.assert(
      fc.property(anyQueue, fc.integer({ min: 0, max: 10_000 }), (waiting, now) => {
        const picked = pickBatch(waiting, now, BATCH_LIMITS);
        if (waiting.length === 0) return picked.length === 0;
        const tokens = picked.map((index) => waiting[index]!.tokens);
        expect(picked[0]).toBe(0);
        expect(new Set(picked).size).toBe(picked.length);
        expect(picked.length).toBeLessThanOrEqual(BATCH_LIMITS.maxTexts);
        if (picked.length > 1)
          expect(Math.max(...tokens) * picked.length).toBeLessThanOrEqual(BATCH_LIMITS.maxPaddedTokens);
        return picked.length === 1 || picked.every((index) => !waiting[index]!.alone);
      }),
    );
  });
});
