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

  test("where padding is not borne, mates are of the oldest one's length, whoever else waits", () => {
    const waiting = [10, 11, 10, 9, 10, 12].map((tokens) => text(tokens));
    expect(pickBatch(waiting, 0, BATCH_LIMITS, "equal")).toEqual([0, 2, 4]);
    expect(pickBatch([text(10, 0), text(11, 0), text(10, 4000)], 5000, BATCH_LIMITS, "equal")).toEqual([0, 2]);
  });

  test("where mates are not borne, the oldest goes by itself", () => {
    expect(pickBatch([text(10), text(10), text(10)], 0, BATCH_LIMITS, "single")).toEqual([0]);
  });

  test.each(["padded", "equal", "single"] as const)(
    "of texts that are %s, all are taken in the end, as allowed",
    (batching) => {
      fc.assert(
        fc.property(anyQueue, fc.integer({ min: 0, max: 10_000 }), (all, now) => {
          let waiting: readonly WaitingText[] = all;
          for (let batches = 0; waiting.length > 0; batches++) {
            const picked = pickBatch(waiting, now, BATCH_LIMITS, batching);
            const lengths = new Set(picked.map((index) => waiting[index]!.tokens));
            expect(picked[0]).toBe(0);
            expect(picked).toEqual(picked.toSorted((a, b) => a - b));
            if (batching !== "padded") expect(lengths.size).toBe(1);
            if (batching === "single") expect(picked).toHaveLength(1);
            if (picked.length > 1) expect(picked.some((index) => waiting[index]!.alone)).toBe(false);
            waiting = waiting.filter((_, index) => !picked.includes(index));
            expect(batches).toBeLessThan(all.length);
          }
        }),
      );
    },
  );
});
