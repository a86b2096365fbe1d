import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { BackupResult, RestoreResult } from "../../../src/lib/protocol/backup.ts";
import type { DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
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
  expect((await combot("restore", "../../etc", "--yes")).status).toBe(2);
}, 60_000);
