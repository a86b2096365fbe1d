import { describe, expect, test } from "vitest";
import { newRequestId, requestIdOf } from "../../../src/daemon/http/request-id.ts";

/** RFC 9562, 5.7: the version is 7, the variant 10. */
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("an id of our own", () => {
  test("is a UUIDv7, with its time in front, and no two are equal", () => {
    const ids = Array.from({ length: 5000 }, () => newRequestId());
    expect(ids.filter((id) => !UUID_V7.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    // The time of the example in RFC 9562, A.6: 2022-02-22 14:22:22 at UTC-5.
    expect(newRequestId(Date.parse("2022-02-22T14:22:22-05:00")).slice(0, 15)).toBe("017f22e2-79b0-7");
  });

  test("all of its random digits change, and the variant takes each of its four values", () => {
    const ids = Array.from({ length: 600 }, () => newRequestId(0));
    for (let at = 15; at < 36; at++) {
      const values = new Set(ids.map((id) => id[at])).size;
      expect([at, values]).toEqual([at, at === 18 || at === 23 ? 1 : at === 19 ? 4 : 16]);
    }
  });
});

test.each(["a", "req-42", "0190/7f:%~", "x".repeat(128)])("%j is taken", (given) => {
  expect(requestIdOf(given)).toBe(given);
});

test.each([undefined, "", "x".repeat(129), "two words", "tab\tbed", "ümlaut", "a\u007f", "one, two", ["a", "b"]])(
  "%j is none: one is made",
  (given) => {
    expect(requestIdOf(given)).toMatch(UUID_V7);
  },
);
