import { describe, expect, test } from "vitest";
import { chooseCreditor } from "../../../src/daemon/policy/credit.ts";
import type { Creditor } from "../../../src/daemon/policy/credit.ts";

const worker = (slot: number, users: number, more: Partial<Creditor> = {}): Creditor => ({
  slot,
  serving: true,
  users,
  maxUsers: 50,
  knows: false,
  ...more,
});

describe("a user whose answer came from the cache counts for", () => {
  test("the worker that knows it already, whatever it has", () => {
    expect(chooseCreditor([worker(0, 49), worker(1, 50, { knows: true })])).toBe(1);
  });

  test("else the one with the most users still under its limit", () => {
    expect(chooseCreditor([worker(0, 3), worker(1, 49), worker(2, 50)])).toBe(1);
    expect(chooseCreditor([worker(0, 3), worker(1, 900)].map((one) => ({ ...one, maxUsers: 0 })))).toBe(1);
  });

  test("else none: all are at their limit, or none serves", () => {
    expect(chooseCreditor([worker(0, 50), worker(1, 51)])).toBeUndefined();
    expect(chooseCreditor([worker(0, 3, { serving: false }), worker(1, 4, { serving: false, knows: true })])).toBe(
      undefined,
    );
    expect(chooseCreditor([])).toBeUndefined();
  });
});
