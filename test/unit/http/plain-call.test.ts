import fc from "fast-check";
import { expect, test } from "vitest";
import { classifyRequest, isPlainCall } from "../../../src/lib/protocol/classify.ts";

const text = fc.oneof(fc.string({ unit: "binary", maxLength: 100 }), fc.constant(""), fc.constant("\0"));
const user = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  ...[84, 85, 86, 256, 257].flatMap((length) =>
    ["a", "\u20ac", "\ud800"].map((unit) => fc.constant(unit.repeat(length))),
  ),
);
const share = fc.oneof(fc.double(), fc.double({ min: 0, max: 1 }), fc.constantFrom(-0, 0, 1, -1, 2));
const value = fc.oneof(text, user, share, fc.constantFrom<unknown>(1, true, null, [], {}, undefined));
const document = fc.oneof(
  fc.record({ text, user, minScore: share, minMargin: share }, { requiredKeys: ["text"] }),
  fc.dictionary(
    fc.constantFrom(
      "text",
      "user",
      "texts",
      "topK",
      "noCache",
      "textPair",
      "labels",
      "minScore",
      "minMargin",
      "thresholds",
      "constructor",
      "__proto__",
      "x",
    ),
    value,
  ),
  fc.anything(),
);

test("whatever is taken for a plain call, the schema takes as it is", () => {
  let plain = 0;
  fc.assert(
    fc.property(document, (made) => {
      if (!isPlainCall(made)) return;
      plain += 1;
      expect(classifyRequest.safeParse(made)).toEqual({ success: true, data: made });
    }),
    { numRuns: 6000 },
  );
  expect(plain).toBeGreaterThan(200);
});

test.each([
  [{ text: "a" }],
  [{ text: "a", user: "u" }],
  [{ text: "", user: "\u20ac".repeat(85) }],
  [{ text: "a", minScore: 0, minMargin: 1 }],
])("%j is one", (made) => {
  expect(isPlainCall(made)).toBe(true);
});
