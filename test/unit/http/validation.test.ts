import { expect, test } from "vitest";
import { readBody, readQuery } from "../../../src/daemon/http/validation.ts";
import { CombotError } from "../../../src/lib/errors.ts";
import { classifyRequest } from "../../../src/lib/protocol/classify.ts";
import { recycleRequest, waitQuery } from "../../../src/lib/protocol/process.ts";

function faultOf(read: () => unknown): CombotError {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof CombotError) return thrown;
    throw thrown;
  }
  return expect.fail("it was taken");
}

test("no body is as good as an empty one", () => {
  expect(readBody(recycleRequest, undefined)).toEqual({});
  expect(readBody(undefined, undefined)).toEqual({});
  expect(faultOf(() => readBody(recycleRequest, null)).code).toBe("INVALID_REQUEST");
});

test("a call without a query takes any, one that has a query takes its fields alone", () => {
  expect(readQuery(undefined, { whatever: "1" })).toBeUndefined();
  expect(readQuery(waitQuery, { wait: "true" })).toEqual({ wait: "true" });
  expect(faultOf(() => readQuery(waitQuery, { Wait: "true" })).message).toBe(
    "query: a field that is not allowed here; allowed: wait",
  );
});

test("three faults are told and the rest are counted", () => {
  const { message, index } = faultOf(() => readBody(classifyRequest, { texts: ["a", 1, 2, 3, 4, 5] }));
  expect(message).toBe(
    "texts[1]: Invalid input: expected string, received number; " +
      "texts[2]: Invalid input: expected string, received number; " +
      "texts[3]: Invalid input: expected string, received number; and 2 more",
  );
  expect(index).toBe(1);
});

test("too many texts are refused before they are looked at", () => {
  const trap = new Proxy({}, { get: () => expect.fail("looked at") });
  const texts = Array.from({ length: 500_000 }, () => trap);
  const { code, message } = faultOf(() => readBody(classifyRequest, { texts }));
  expect([code, message]).toEqual(["BODY_TOO_LARGE", "texts: at most 256, not 500000"]);
});
