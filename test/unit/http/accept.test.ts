import { expect, test } from "vitest";
import { prefersText } from "../../../src/daemon/http/accept.ts";

test.each([
  ["text/plain", true],
  ["text/plain; version=0.0.4", true],
  ["TEXT/PLAIN", true],
  ["text/*", true],
  ["text/plain, */*;q=0.1", true],
  ["text/plain, */*", true],
  ["text/plain;q=0.9, application/json;q=0.5", true],
  ["application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", true],
  [undefined, false],
  ["", false],
  ["*/*", false],
  ["application/json", false],
  ["application/json, text/plain, */*", false],
  ["application/*, text/plain;q=0.9", false],
  ["text/plain;q=0", false],
  ["text/plain;q=nonsense", false],
  ["text/html,application/xhtml+xml,*/*;q=0.8", false],
])("Accept: %s asks for text: %s", (accept, expected) => {
  expect(prefersText(accept)).toBe(expected);
});
