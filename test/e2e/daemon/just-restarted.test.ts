import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { CleanupReply } from "../../../src/lib/protocol/cleanup.ts";
import type { DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
import { requireBuild, runCli } from "../cli/cli-process.ts";

beforeAll(requireBuild);

/** A folder whose journal has a decision of an earlier run. */
async function folderWithPast(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "cd-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const daemon = await PrivateDaemon.start({ env: { PRELOAD: "false" }, untilAnswering: true }, folder);
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  await daemon.json<CleanupReply>("POST", "/api/cleanup/", { level: "soft" });
  process.kill(daemon.pid, "SIGTERM");
  await daemon.ended;
  return folder;
}

async function startAgain(folder: string): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start({ env: { PRELOAD: "false" }, untilAnswering: true }, folder);
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

test("what an earlier run did is listed from the first moment on", async () => {
  const daemon = await startAgain(await folderWithPast());
  const [{ decisions, missing }] = await Promise.all([
    daemon.json<DecisionsReply>("GET", "/api/decisions/"),
    daemon.json("GET", "/api/metrics/history/"),
  ]);
  expect(missing).toBeUndefined();
  expect(decisions).toContainEqual(expect.objectContaining({ action: "cleanup", reason: "by hand" }));
});

test("where the journal can't be read, that is said, and not that there was nothing", async () => {
  const folder = await folderWithPast();
  const other = new DatabaseSync(join(folder, "state", "journal.db"));
  other.exec("BEGIN IMMEDIATE");
  const daemon = await startAgain(folder);
  const { status, stdout, stderr } = await runCli(["decisions", "--socket", daemon.socketPath]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: "No decisions of this run.\n" });
  expect(stderr).toMatch(/^Those of earlier runs are missing, the journal can't be read: .*locked/);
  other.close();
  const list = () => daemon.json<DecisionsReply>("GET", "/api/decisions/");
  await expect.poll(async () => (await list()).missing, { timeout: 15_000 }).toBeUndefined();
  expect((await list()).decisions).toContainEqual(expect.objectContaining({ reason: "by hand" }));
});
