import fc from "fast-check";
import { expect, test } from "vitest";
import { checkShape } from "../../../src/daemon/http/json-shape.ts";

const check = (text: string, most?: number): void => checkShape(Buffer.from(text), most);

test.each<[string, string, string, RegExp]>([
  ["lists", "INVALID_JSON", `${"[".repeat(65)}${"]".repeat(65)}`, /deeper than 64 levels/],
  ["objects", "INVALID_JSON", `${'{"a":'.repeat(65)}1${"}".repeat(65)}`, /deeper than 64 levels/],
  ["what is no JSON", "INVALID_JSON", "[".repeat(1000), /deeper than 64 levels/],
  ["values", "BODY_TOO_LARGE", `[${"1,".repeat(16_385)}1]`, /16384 commas and colons/],
  ["fields", "BODY_TOO_LARGE", `{${'"a":1,'.repeat(8193)}"a":1}`, /16384 commas and colons/],
])("too many %s are refused", (_, code, text, reason) => {
  expect(() => check(text)).toThrow(expect.objectContaining({ code }));
  expect(() => check(text)).toThrow(reason);
});

test("what is written in strings is not counted, whatever is escaped in them", () => {
  const string = JSON.stringify(`${"[{,:".repeat(20_000)}\\"[`);
  expect(() => check(`{"text":${string},"texts":[${string}]}`)).not.toThrow();
  expect(() => check(`["${"[".repeat(100)}`)).not.toThrow();
});

test("any document of a call's size passes", () => {
  const passes = (text: string): void => {
    expect(() => check(text)).not.toThrow();
  };
  fc.assert(fc.property(fc.json({ maxDepth: 6 }), passes));
});

test("the number of marks may be the caller's affair", () => {
  expect(() => check(`[${"1,".repeat(20_000)}1]`, Infinity)).not.toThrow();
});

test("what stands between strings is counted to one, however long they are and whatever is escaped in them", () => {
  const piece = fc.oneof(
    fc.constantFrom('"', "\\", ",", ":", "[", "我"),
    fc.integer({ min: 1, max: 200 }).map((length) => "a".repeat(length)),
  );
  const string = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  const exact = (strings: string[]): void => {
    const text = JSON.stringify(strings);
    expect(() => check(text, strings.length - 1)).not.toThrow();
    expect(() => check(text, strings.length - 2)).toThrow(/commas and colons/);
  };
  fc.assert(fc.property(fc.array(string, { minLength: 2, maxLength: 8 }), exact), { numRuns: 2000 });
});
