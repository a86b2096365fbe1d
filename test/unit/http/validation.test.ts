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

const ITEM = "expected a string, or an object with text and textPair";

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
  expect(message).toBe(`${[1, 2, 3].map((at) => `texts[${at}]: Invalid input: ${ITEM}`).join("; ")}; and 2 more`);
  expect(index).toBe(1);
});

test.each([
  [
    { texts: ["a", { text: "b", textPair: 1 }] },
    1,
    "texts[1].textPair: Invalid input: expected string, received number",
  ],
  [{ texts: [{ textPair: "b" }] }, 0, "texts[0].text: Invalid input: expected string, received undefined"],
  [{ texts: [{ text: "a", pair: "b" }] }, 0, "texts[0]: a field that is not allowed here"],
  [{ texts: ["a", null] }, 1, `texts[1]: Invalid input: ${ITEM}`],
  [{ texts: ["a"], textPair: "b" }, undefined, "textPair: goes with text; in texts it is {text, textPair}"],
  [{ text: "a", labels: ["x", "y", "x"] }, undefined, "labels[2]: is there already"],
  [{ text: "a", labels: ["x", "\t"] }, undefined, "labels[1]: must not be empty"],
  [{ text: "a", labels: ["x".repeat(201)] }, undefined, "labels[0]: at most 200 characters"],
  [{ text: "a", labels: ["\0"] }, undefined, "labels[0]: must be well-formed Unicode without NUL"],
  [{ text: "a", labels: ["\ud800"] }, undefined, "labels[0]: must be well-formed Unicode without NUL"],
  [{ text: "a", labels: [] }, undefined, "labels: Too small: expected array to have >=1 items"],
  [{ text: "a", labels: ["x"], template: "so" }, undefined, "template: must hold {} once, where the label goes"],
  [{ text: "a", labels: ["x"], template: "{} {}" }, undefined, "template: must hold {} once, where the label goes"],
  [{ text: "a", template: "{}" }, undefined, "template: goes with labels"],
  [{ text: "a", multiLabel: false }, undefined, "multiLabel: goes with labels"],
  [{ text: "a", textPair: "b", labels: ["x"] }, undefined, "textPair: labels take the place of a second text"],
  [
    { texts: ["a", { text: "b", textPair: "c" }], labels: ["x"] },
    1,
    "texts[1].textPair: labels take the place of a second text",
  ],
  [
    { texts: Array(17).fill("a"), labels: Array.from({ length: 64 }, (_, at) => `${at}`) },
    undefined,
    "labels: 17 texts × 64 labels make 1088, at most 1024 a call",
  ],
  [
    { texts: Array(256).fill("a"), topK: 257 },
    undefined,
    "topK: 256 texts × 257 make 65792 scores, at most 65536 a call",
  ],
])("%j is refused by name", (body, index, message) => {
  expect(faultOf(() => readBody(classifyRequest, body))).toMatchObject({ code: "INVALID_REQUEST", index, message });
});

test.each([
  { text: "a", textPair: "b" },
  { texts: ["a", { text: "b" }, { text: "b", textPair: "c" }] },
  { text: "a", labels: ["x"], template: "{}", multiLabel: true },
  { texts: Array(16).fill("a"), labels: Array.from({ length: 64 }, (_, at) => `${at}`), topK: 64 },
  { texts: Array(256).fill("a"), topK: 256 },
])("%j is taken as it is", (body) => {
  expect(readBody(classifyRequest, body)).toEqual(body);
});

test("too many labels are refused before they are looked at", () => {
  const trap = new Proxy({}, { get: () => expect.fail("looked at") });
  const { code, message } = faultOf(() =>
    readBody(classifyRequest, { text: "a", labels: Array.from({ length: 500_000 }, () => trap) }),
  );
  expect([code, message]).toEqual(["INVALID_REQUEST", "labels: at most 64, not 500000"]);
});

test("too many texts are refused before they are looked at", () => {
  const trap = new Proxy({}, { get: () => expect.fail("looked at") });
  const texts = Array.from({ length: 500_000 }, () => trap);
  const { code, message } = faultOf(() => readBody(classifyRequest, { texts }));
  expect([code, message]).toEqual(["BODY_TOO_LARGE", "texts: at most 256, not 500000"]);
});
