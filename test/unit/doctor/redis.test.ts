import { expect, test } from "vitest";
import { judgeRedis } from "../../../src/lib/doctor/checks/redis.ts";

const INFO = { used_memory: "1048576", maxmemory: "2097152", maxmemory_policy: "allkeys-lru", aof_enabled: "0" };

function found(more: Readonly<Record<string, string>>): string {
  const info: Readonly<Record<string, string>> = { ...INFO, ...more };
  return judgeRedis(1, (name) => info[name] ?? "").found;
}

test("Valkey is told by its own version, not by that of the Redis which it stands in for", () => {
  expect(found({ redis_version: "7.2.4", valkey_version: "8.1.1" })).toMatch(/^Valkey 8\.1\.1, PING /);
  expect(found({ redis_version: "7.0.15" })).toMatch(/^Redis 7\.0\.15, PING /);
});
