import { expect, test } from "vitest";
import { redisConfigFor } from "../../../src/lib/deploy/redis-config.ts";

const namesOf = (kind: "redis" | "valkey", version: string): string[] =>
  redisConfigFor({ kind, version }).directives.map(([name]) => name);

test("6.2 is told nothing that came with 7.0", () => {
  expect(namesOf("redis", "6.2.14")).not.toContain("maxmemory-clients");
  expect(namesOf("redis", "6.2.14")).toContain("disable-thp");
  expect(namesOf("redis", "7.0.15")).toContain("maxmemory-clients");
  expect(namesOf("valkey", "8.0.1")).toEqual(namesOf("redis", "7.2.4"));
});

test("client|setinfo is named from 7.2 on: 7.0 refuses to start on it", () => {
  expect(redisConfigFor({ kind: "redis", version: "7.0.15" }).combot).not.toContain("setinfo");
  expect(redisConfigFor({ kind: "redis", version: "7.2.4" }).combot).toContain("+client|setinfo");
  expect(redisConfigFor({ kind: "valkey", version: "8.0.1" }).app).toContain("+client|setinfo");
});
