import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { requireBuild } from "../cli/cli-process.ts";

const ENV = { PRELOAD: "false", LOG_LEVEL: "error" };
const TRIES = 20;

beforeAll(requireBuild);

test("what a daemon that was killed left of a backup is gone when the next one answers", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cd-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const backups = join(folder, "state", "backups");
  const halves = (): string[] =>
    existsSync(backups) ? readdirSync(backups).filter((name) => name.startsWith(".part-")) : [];
  // A backup of so little is made in a few milliseconds: the daemon may be killed too late.
  for (let left = TRIES; left > 0 && halves().length === 0; left--) {
    const daemon = await PrivateDaemon.start({ env: ENV, untilAnswering: true }, folder);
    const asked = daemon.ask("POST", "/api/backup/", {}).catch(() => undefined);
    let isAnswered = false;
    void asked.then(() => (isAnswered = true));
    while (halves().length === 0 && !isAnswered) await setImmediate();
    process.kill(daemon.pid, "SIGKILL");
    await daemon.ended;
    await asked;
  }
  expect(halves()).toHaveLength(1);
  const next = await PrivateDaemon.start({ env: ENV, untilAnswering: true }, folder);
  expect(halves()).toEqual([]);
  await next.stop();
});
