import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { postgresCommands, PrivatePostgres } from "../../../scripts/support/private-postgres.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { Health } from "../../../src/lib/protocol/health.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const SOON = { timeout: 50_000, interval: 100 };

test.skipIf(postgresCommands() === undefined && !process.env["CI"])(
  "passwords that are changed, in their files too, are taken without a restart (not where Postgres is not installed)",
  { timeout: 90_000 },
  async () => {
    const folder = temporaryFolder();
    const postgres = await PrivatePostgres.start();
    onTestFinished(() => postgres.remove());
    const redis = await RedisServer.start({ args: ["--requirepass", "old-one"], password: "old-one" });
    onTestFinished(() => redis.end());
    const write = (redisPassword: string, databaseUrl: string): void => {
      writeFileSync(join(folder, "redis"), `redis://:${redisPassword}@127.0.0.1:${redis.port}`, { mode: 0o600 });
      writeFileSync(join(folder, "database"), databaseUrl, { mode: 0o600 });
    };
    await postgres.database("bot");
    write("old-one", postgres.url("bot"));
    const files = { REDIS_URL_FILE: join(folder, "redis"), DATABASE_URL_FILE: join(folder, "database") };
    // Without the one of every private daemon, which would be set twice.
    const wrapper = ["env", "-u", "REDIS_URL"];
    const daemon = await PrivateDaemon.start({ env: files, wrapper });
    onTestFinished(async () => void (await daemon.stop("SIGKILL")));
    const checks = async (): Promise<string[]> => {
      const { checks: found } = await daemon.json<Health>("GET", "/api/health/");
      return [found.redis.status, found.database.status];
    };
    await expect.poll(checks, SOON).toEqual(["ok", "ok"]);
    await postgres.query("ALTER USER postgres PASSWORD 'next-one'");
    await postgres.cut();
    await redis.kill();
    const next = await RedisServer.start({
      port: redis.port,
      args: ["--requirepass", "next-one"],
      password: "next-one",
    });
    onTestFinished(() => next.end());
    await daemon.json("POST", "/api/cleanup/", { level: "soft" });
    await expect.poll(checks, SOON).toEqual(["degraded", "degraded"]);
    write("next-one", postgres.url("bot", "next-one"));
    await expect.poll(checks, SOON).toEqual(["ok", "ok"]);
    expect(daemon.log).not.toMatch(/old-one|next-one|of-this-test-alone/);
  },
);
