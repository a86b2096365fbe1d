import * as fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, suggestName } from "../../../src/lib/config/names.ts";
import { VARIABLES } from "../../../src/lib/config/schema.ts";

test.each([
  ["kitten", "sitting", 3],
  ["", "abc", 3],
  ["abc", "abc", 0],
  ["flaw", "lawn", 2],
])("from %j to %j: %d edits", (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
});

test("the distance is a metric", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }),
  );
});

test.each([
  ["MAX_REQEUSTS", "MAX_REQUESTS"],
  ["workers", "WORKERS"],
  ["COMBOT_SOKET", "COMBOT_SOCKET"],
  ["COMBOT_TOKEN", "COMBOT_TOKEN_FILE"],
  ["ALERT_WEBHOOK_URL", "ALERT_WEBHOOK_URL_FILE"],
  ["NODE_OPTIONS", undefined],
])("%s: did you mean %s?", (name, expected) => {
  expect(suggestName(name, VARIABLES)).toBe(expected);
});
