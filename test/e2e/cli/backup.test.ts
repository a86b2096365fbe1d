import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { BackupResult, RestoreResult } from "../../../src/lib/protocol/backup.ts";
import type { DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
import type { Health } from "../../../src/lib/protocol/health.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli } from "./cli-process.ts";

beforeAll(requireBuild);

const PATIENCE = { timeout: 20_000, interval: 100 };

test("backup, its list, and restore by a daemon: what it shows first, the question, and what it refuses", async () => {
  const daemon = await PrivateDaemon.start({ env: { PRELOAD: "false", WORKERS: "1" }, untilAnswering: true });
  onTestFinished(() => daemon.stop().then(() => undefined));
  const combot = (...args: string[]) => runCli([...args, "--socket", daemon.socketPath]);
  await daemon.json("POST", "/api/cleanup/", { level: "soft" });
  const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/");
  const written = async () => (await daemon.json<{ journal: { written: number } }>("GET", "/api/metrics/")).journal;
  await expect.poll(written, PATIENCE).toMatchObject({ state: "up", waiting: 0 });

  const made = await combot("backup", "--json");
  expect([made.status, made.stderr]).toEqual([0, ""]);
  const { name, folder, journal } = JSON.parse(made.stdout) as BackupResult;
  expect(journal?.decisions).toBe(decisions.length);
  expect(folder).toBe(join(daemon.folder, "state", "backups", name));
  expect((await combot("backup", "--list")).stdout).toMatch(new RegExp(`^BACKUP +SIZE\\n${name} +[0-9.]+ KiB\\n$`));

  expect(await combot("restore", name)).toMatchObject({ status: 2, stdout: "" });
  expect(await combot("restore", name, "--json")).toMatchObject({ status: 2, stderr: "" });
  const plan = await combot("restore", name, "--dry-run");
  expect(plan.stdout).toContain(`Backup ${name} would restore:`);
  const restored = await combot("restore", name, "--yes", "--json");
  expect([restored.status, restored.stderr]).toEqual([0, ""]);
  expect((JSON.parse(restored.stdout) as RestoreResult).journal?.backup).toEqual(journal);

  appendFileSync(join(folder, "journal.db"), "x");
  const refused = await combot("restore", name, "--yes");
  expect([refused.status, refused.stdout]).toEqual([4, ""]);
  expect(refused.stderr).toContain("[BACKUP_DAMAGED]");
  expect((await combot("restore", "2020-01-01T00-00-00Z", "--yes")).stderr).toContain("[BACKUP_UNKNOWN]");
  expect((await combot("restore", "../../etc", "--yes")).status).toBe(4);
}, 60_000);

const SECRETS = { redis: "r".repeat(43), token: "t".repeat(43), webhook: "w".repeat(43), database: "d".repeat(43) };

test.each([
  ["the journal in SQLite", {}],
  // Nobody listens there: what is not the journal is saved all the same.
  ["the journal in a Postgres that is away", { database: `postgres://combot:${SECRETS.database}@127.0.0.1:9/combot` }],
])(
  "a backup has no secrets in it: %s",
  async (_what, { database }: { database?: string }) => {
    const redis = await RedisServer.start({ args: ["--requirepass", SECRETS.redis], password: SECRETS.redis });
    onTestFinished(() => redis.end());
    const folder = temporaryFolder();
    const secret = (name: string, content: string): string => {
      writeFileSync(join(folder, name), `${content}\n`, { mode: 0o600 });
      return join(folder, name);
    };
    const env = {
      WORKERS: "1",
      REDIS_URL: redis.url,
      REDIS_PASSWORD_FILE: secret("redis", SECRETS.redis),
      COMBOT_LISTEN: "127.0.0.1:0",
      COMBOT_TOKEN_FILE: secret("token", SECRETS.token),
      ALERT_WEBHOOK_URL_FILE: secret("webhook", `http://127.0.0.1:9/${SECRETS.webhook}`),
      ...(database !== undefined && { DATABASE_URL_FILE: secret("database", database) }),
    };
    const daemon = await PrivateDaemon.start({ env });
    onTestFinished(() => daemon.stop().then(() => undefined));
    const combot = (...args: string[]) => runCli([...args, "--socket", daemon.socketPath]);
    await combot("classify", "where is my parcel");
    await daemon.json("POST", "/api/cleanup/", { level: "soft" });
    const health = async () => (await daemon.json<Health>("GET", "/api/health/")).checks;
    const wanted = { redis: { status: "ok" }, database: { status: database === undefined ? "ok" : "degraded" } };
    await expect.poll(health, PATIENCE).toMatchObject(wanted);

    const made = await combot("backup", "--json");
    expect([made.status, made.stderr]).toEqual([0, ""]);
    const result = JSON.parse(made.stdout) as BackupResult;
    expect(result).toMatchObject({
      cache: { answers: 1 },
      journalNote: database === undefined ? null : (expect.stringContaining("pg_dump") as string),
    });
    const files = readdirSync(result.folder).map((name) => readFileSync(join(result.folder, name), "latin1"));
    expect(files.join("")).toContain("ALERT_WEBHOOK_URL");
    for (const one of Object.values(SECRETS)) expect(files.join("") + made.stdout + daemon.log).not.toContain(one);
  },
  60_000,
);
