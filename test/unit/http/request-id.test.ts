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

  test("all of its random digits change from one millisecond to the next, and the variant takes each of its values", () => {
    const ids = Array.from({ length: 600 }, (_, timeMs) => newRequestId(timeMs));
    // The count begins in the lower half of its room.
    const values: Readonly<Record<number, number>> = { 18: 1, 19: 4, 23: 1, 30: 8 };
    for (let at = 15; at < 36; at++) {
      expect([at, new Set(ids.map((id) => id[at])).size]).toEqual([at, values[at] ?? 16]);
    }
  });

  test("sorts by when it was made, within a millisecond as well", () => {
    const ids = [1, 2, 2, 2, 3, 3].flatMap((timeMs) => Array.from({ length: 300 }, () => newRequestId(timeMs)));
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
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
