import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

test("a choice that was written and not made when the daemon was killed is gone with the next start", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cd-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const left = join(folder, "state", "model.json.new");
  mkdirSync(join(folder, "state"), { mode: 0o750 });
  writeFileSync(left, JSON.stringify({ dir: "/nowhere" }));
  const daemon = await PrivateDaemon.start(
    { env: { WORKERS: "1", DATABASE_URL: "off" }, untilAnswering: true },
    folder,
  );
  onTestFinished(() => daemon.stop().then(() => undefined));
  expect(existsSync(left)).toBe(false);
});
