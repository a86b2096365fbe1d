import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { AlertsReply } from "../../../src/lib/protocol/alerts.ts";
import type { RedisStatus } from "../../../src/lib/protocol/cache.ts";
import type { Health } from "../../../src/lib/protocol/health.ts";
import { requireBuild, runCli } from "../cli/cli-process.ts";

beforeAll(requireBuild);

// A network of its own, in which nobody listens: needs root.
test("a machine without Redis is no trouble: off, with a hint, and no alert", { timeout: 60_000 }, async () => {
  const env = { REDIS_URL: "", DATABASE_URL: "off", WORKERS: "1", ALERT_AFTER: "1" };
  const daemon = await PrivateDaemon.start({ env, wrapper: ["unshare", "--net"] });
  onTestFinished(() => daemon.stop().then(() => undefined));
  await expect.poll(() => daemon.log, { timeout: 10_000 }).toContain("no Redis found at localhost");
  expect(daemon.log).not.toContain("Redis is away");
  const { status, checks } = await daemon.json<Health>("GET", "/api/health/");
  expect(checks.redis).toEqual({ status: "off", detail: expect.stringContaining("REDIS_URL") as string });
  expect(status).toBe("ok");
  const redis = await daemon.json<RedisStatus>("GET", "/api/redis/status/");
  expect(redis).toMatchObject({ state: "off", breaker: "open", lastError: expect.anything() as string });
  const told = await runCli(["status", "--socket", daemon.socketPath]);
  expect(told.stdout).toMatch(/redis\s+off \(none found\)/);
  // Longer than ALERT_AFTER.
  await delay(3000);
  const { firing } = await daemon.json<AlertsReply>("GET", "/api/alerts/");
  expect(firing.map(({ alert }) => alert)).toEqual([]);
});
