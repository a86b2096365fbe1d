import fc from "fast-check";
import { expect, test } from "vitest";
import { classifyJson } from "../../../src/daemon/http/classify-json.ts";
import { classifyResult } from "../../../src/lib/protocol/classify.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";

const score = fc.oneof(
  fc.double(),
  fc.integer({ min: 0, max: 1_000_000 }).map((millionths) => millionths / 1e6),
);
/** A clock's, or what lies between two numbers. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Something of its own kind for every field that a result may have. */
const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  label: fc.string({ unit: "binary" }),
  score,
  scores: fc.array(fc.record({ label: fc.string(), score })),
  cached: fc.constantFrom("memory", "redis", false),
  coalesced: fc.constant(true),
  truncated: fc.constant(true),
  decision: fc.constantFrom("accept", "ambiguous", "unsure"),
  margin: finite,
  alternatives: fc.array(fc.record({ label: fc.string(), score })),
  accepted: fc.array(fc.record({ label: fc.string(), score })),
  candidates: fc.record({ count: fc.integer(), share: score }),
};

test("a reply is written as JSON.stringify writes it, whatever it has and in whatever order", () => {
  expect(Object.keys(VALUES).toSorted()).toEqual(Object.keys(classifyResult.shape).toSorted());
  const result = fc
    .tuple(fc.record(VALUES, { requiredKeys: [] }), fc.shuffledSubarray(Object.keys(VALUES)))
    .map(([all, order]) => Object.fromEntries(order.filter((name) => name in all).map((name) => [name, all[name]])));
  const usual = fc.record({ label: VALUES["label"]!, score, cached: VALUES["cached"]! });
  const decided = fc.tuple(usual, fc.record({ decision: VALUES["decision"]!, margin: finite }));
  const any = fc.oneof(
    result,
    usual,
    decided.map(([one, more]) => ({ ...one, ...more })),
  );
  const reply = fc.record({
    results: fc.array(any, { maxLength: 3 }),
    model: fc.record({ name: fc.constantFrom("a", "b", 'c"'), digest: fc.constantFrom("1", "2") }),
    durationMs: finite,
  });
  fc.assert(
    fc.property(reply, (made) => {
      expect(classifyJson(made as unknown as ClassifyReply)).toBe(JSON.stringify(made));
    }),
    { numRuns: 2000 },
  );
});
