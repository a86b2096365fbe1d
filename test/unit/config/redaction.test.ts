import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  holdsSecret,
  redactRefused,
  redactUrl,
  redactValue,
  redactWebhook,
  type Secrecy,
} from "../../../src/lib/config/redaction.ts";

describe("redactUrl", () => {
  test.each([
    ["redis://localhost:6379/2", "redis://localhost:6379/2"],
    ["redis://:pw@h:1", "redis://***@h:1"],
    ["rediss://u:p@w@h1:1,h2:2", "rediss://***@h1:1,h2:2"],
    ["unix://u:p@/run/redis.sock?db=1", "unix://***@/run/redis.sock?***"],
    ["postgres://u:p/w@h/db", "postgres://***@h/db"],
    ["postgres://h/db?password=pw&sslmode=require", "postgres://h/db?***"],
    ["postgres://h/db#pw", "postgres://h/db?***"],
    ["postgres://u:p?w@h/db", "postgres://***"],
    ["postgres://u:pw@h/db?password=se@cret", "postgres://***"],
    ["u:pw@h", "***@h"],
  ])("%s", (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

test("of a webhook only the host is shown", () => {
  expect(redactWebhook("https://hooks.example.com/services/T0/B0/xyz?k=v")).toBe("https://hooks.example.com/***");
  expect(redactWebhook("https://u:p@hooks.example.com/x")).toBe("https://***");
  expect(redactWebhook("not a url")).toBe("***");
});

describe("by property", () => {
  // Digits and letters that can't be part of anything else in the URL, around every character a password may have.
  const inner = fc.string({ unit: fc.constantFrom(...Array.from("x9:/?#@[]%&=+ \\\"'\n,;")) });
  const secret = inner.map((text) => `Zq7${text}Zq7`);
  const scheme = fc.constantFrom("redis", "rediss", "unix", "postgres", "postgresql", "https");
  const secrecy = fc.constantFrom<Secrecy | undefined>("whole", "url", "webhook", undefined);

  test("neither user nor password of a URL is ever printed, however it is written", () => {
    fc.assert(
      fc.property(scheme, secret, secret, fc.boolean(), secrecy, (name, user, password, isEncoded, kind) => {
        const [u, p] = isEncoded ? [encodeURIComponent(user), encodeURIComponent(password)] : [user, password];
        const url = `${name}://${u}:${p}@db.example.com:6379/0`;
        expect(redactValue(url, kind)).not.toContain("Zq7");
        expect(redactRefused(url, kind)).not.toContain("Zq7");
      }),
    );
  });

  test("no query is ever printed", () => {
    fc.assert(
      fc.property(scheme, secret, (name, query) => {
        expect(redactValue(`${name}://db.example.com/x?password=${query}`, "url")).not.toContain("Zq7");
      }),
    );
  });

  test("what is printed is one line without control characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), secrecy, (text, kind) => {
        expect(redactValue(text, kind)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(redactRefused(text, kind)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });
});

test("a refused value of a secret shows its scheme at most, another one is cut", () => {
  expect(redactRefused("postgre://u:pw@h/db", "url")).toBe("postgre://***");
  expect(redactRefused("hunter2", "url")).toBe("***");
  expect(redactRefused("hunter2", "whole")).toBe("***");
  expect(redactRefused("9".repeat(500), undefined)).toBe(`${"9".repeat(120)}…`);
});

test.each([
  ["redis://h", "url", false],
  ["redis://user@h", "url", false],
  ["redis://:pw@h", "url", true],
  ["postgres://h/db?sslmode=require", "url", false],
  ["postgres://h/db?user=u&password=pw", "url", true],
  ["anything", "whole", true],
  ["https://hooks.example.com/x", "webhook", true],
  ["anything", undefined, false],
] as const)("whether %s as %s holds a secret: %s", (text, kind, expected) => {
  expect(holdsSecret(text, kind)).toBe(expected);
});
