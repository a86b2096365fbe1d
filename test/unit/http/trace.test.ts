import { expect, test } from "vitest";
import { saysSampled, traceOf } from "../../../src/daemon/http/trace.ts";

// The examples of W3C Trace Context, 3.2.2.5 and 3.2.4.
const [TRACE, PARENT] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];

test.each([
  [`00-${TRACE}-${PARENT}-01`, true],
  [`00-${TRACE}-${PARENT}-00`, false],
  // Bits that have no meaning yet.
  [`00-${TRACE}-${PARENT}-fe`, false],
  [`00-${TRACE}-${PARENT}-03`, true],
  // A version that is still to come, and what it may have behind the flags.
  [`cc-${TRACE}-${PARENT}-01`, true],
  [`cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`, true],
])("%s", (header, isSampled) => {
  expect(traceOf(header)).toEqual({ traceId: TRACE, parentId: PARENT, isSampled });
  expect(saysSampled(header)).toBe(isSampled);
});

test.each([
  undefined,
  "",
  `ff-${TRACE}-${PARENT}-01`,
  `00-${"0".repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${"0".repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${TRACE.slice(1)}-${PARENT}-01`,
  `00-${TRACE}-${PARENT}-1`,
  `00-${TRACE}-${PARENT}-01-more`,
  `cc-${TRACE}-${PARENT}-01.more`,
  ` 00-${TRACE}-${PARENT}-01`,
  `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
  `00_${TRACE}_${PARENT}_01`,
  `cc-${TRACE}-${PARENT}-01-${"x".repeat(600)}`,
])("%s is none", (header) => {
  expect(traceOf(header)).toBeUndefined();
});
