import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  collectorUrl,
  hostList,
  listenAddress,
  parseHostPort,
  socketPath,
} from "../../../src/lib/config/address-types.ts";
import { databaseUrl, parseRedisUrl, webhookUrl } from "../../../src/lib/config/store-types.ts";
import type { ValueType } from "../../../src/lib/config/value-types.ts";

function read<T>(type: ValueType<T>, text: string): T | undefined {
  return type.schema.safeParse(text).data;
}

describe("a listener's address", () => {
  test.each([
    ["127.0.0.1:8080", { host: "127.0.0.1", port: 8080 }],
    ["[::1]:0", { host: "::1", port: 0 }],
    ["Example.COM:65535", { host: "example.com", port: 65_535 }],
    ["off", null],
  ])("%s", (text, expected) => {
    expect(read(listenAddress(), text)).toEqual(expected);
  });

  test.each([
    "8080",
    ":8080",
    "localhost",
    "localhost:",
    "::1:80",
    "[1.2.3.4]:80",
    "h:65536",
    "h:x",
    "a b:1",
    "http://h:1",
  ])("%s is refused", (text) => {
    expect(read(listenAddress(), text)).toBeUndefined();
  });
});

test("where spans go, below a collector's URL", () => {
  expect(read(collectorUrl(), "off")).toBeNull();
  expect(read(collectorUrl(), "http://127.0.0.1:4318")).toBe("http://127.0.0.1:4318/v1/traces");
  expect(read(collectorUrl(), "https://otel.example.com/base/")).toBe("https://otel.example.com/base/v1/traces");
  expect(read(collectorUrl(), "http://h/v1/traces")).toBe("http://h/v1/traces");
  for (const refused of ["4318", "h:4318", "grpc://h:4317", "http://me:geheim@h", "http://h/?key=x", "http://h/#x"])
    expect(read(collectorUrl(), refused)).toBeUndefined();
});

test("host names come in lower case, without brackets, each once", () => {
  expect(read(hostList(), "Bot.example.com, [::1],bot.example.com")).toEqual(["bot.example.com", "::1"]);
  expect(read(hostList(), "bot.example.com:80")).toBeUndefined();
  expect(read(hostList(), "a,,b")).toBeUndefined();
});

test("a socket's path leaves room for the control socket beside it", () => {
  const folder = `/${"x".repeat(93)}`;
  expect(read(socketPath(), `${folder}/combot.sock`)).toBe(`${folder}/combot.sock`);
  expect(read(socketPath(), `${folder}x/c`)).toBeUndefined();
  expect(read(socketPath(), "combot.sock")).toBeUndefined();
  expect(read(socketPath(), "/run/combot/control.sock")).toBeUndefined();
});

describe("REDIS_URL", () => {
  const single = (host: string, port: number, tls = false) => ({ kind: "single", node: { host, port }, tls });

  test.each([
    ["off", { target: { kind: "off" } }],
    ["redis://h", { target: single("h", 6379) }],
    ["redis://h:1/", { target: single("h", 1) }],
    ["rediss://[::1]:7000/3", { target: single("::1", 7000, true), db: 3 }],
    ["redis://:p%40w@h", { target: single("h", 6379), password: "p@w" }],
    ["redis://u:p@w:x@h", { target: single("h", 6379), username: "u", password: "p@w:x" }],
    ["redis://u@h", { target: single("h", 6379), username: "u" }],
    ["unix:///run/r.sock", { target: { kind: "unix", path: "/run/r.sock" } }],
    [
      "unix://u:p@/run/r.sock?db=2",
      { target: { kind: "unix", path: "/run/r.sock" }, db: 2, username: "u", password: "p" },
    ],
  ])("%s", (text, expected) => {
    expect(parseRedisUrl(text)).toEqual(expected);
  });

  test("several hosts are a Cluster", () => {
    const nodes = [
      { host: "h1", port: 7000 },
      { host: "h2", port: 6379 },
    ];
    expect(parseRedisUrl("rediss://u:p@h1:7000,h2/0")).toMatchObject({ target: { kind: "cluster", nodes, tls: true } });
  });

  test.each([
    "h:6379",
    "http://h",
    "redis://",
    "redis://h/x",
    "redis://h/0/1",
    "redis://h?db=1",
    "redis://h:0",
    "redis://h:99999",
    "redis://h1,,h2",
    "redis://u:p/w@h",
    "redis://u:%zz@h",
    "unix://run/r.sock",
    "unix:///",
    "unix:///r.sock?db=x",
  ])("%s is refused", (text) => {
    expect(parseRedisUrl(text)).toBeUndefined();
  });

  test("any user and password come back from their percent-encoded form", () => {
    const word = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(word, word, (username, password) => {
        const url = `redis://${encodeURIComponent(username)}:${encodeURIComponent(password)}@h`;
        expect(parseRedisUrl(url)).toMatchObject({ username, password });
      }),
    );
  });

  test("a host and port that parse are those that were written", () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 0, max: 65_535 }), (host, port) => {
        expect(parseHostPort(`${host}:${port}`)).toEqual({ host: host.toLowerCase(), port });
      }),
    );
  });
});

describe("DATABASE_URL", () => {
  test.each([
    ["off", { kind: "off" }],
    ["sqlite:/var/j.db", { kind: "sqlite", path: "/var/j.db" }],
    ["sqlite:///var/j.db", { kind: "sqlite", path: "/var/j.db" }],
    ["sqlite:j.db", { kind: "sqlite", path: "j.db" }],
    ["postgres://u:p@h:5432/db", { kind: "postgres", url: "postgres://u:p@h:5432/db" }],
    ["postgresql:///db?host=/run/postgresql", { kind: "postgres", url: "postgresql:///db?host=/run/postgresql" }],
  ])("%s", (text, expected) => {
    expect(read(databaseUrl(), text)).toEqual(expected);
  });

  test.each([
    "mysql://h/db",
    "/var/j.db",
    "sqlite:",
    "sqlite://j.db",
    "sqlite::memory:",
    "postgres:h",
    "postgres://u:p/w@h/db",
  ])("%s is refused", (text) => {
    expect(read(databaseUrl(), text)).toBeUndefined();
  });
});

test("a webhook is an HTTP URL", () => {
  expect(read(webhookUrl(), "https://hooks.example.com/x")).toBe("https://hooks.example.com/x");
  expect(read(webhookUrl(), "file:///etc/passwd")).toBeUndefined();
  expect(read(webhookUrl(), "https://")).toBeUndefined();
});
