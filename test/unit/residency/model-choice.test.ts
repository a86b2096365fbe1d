import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ModelChoice } from "../../../src/daemon/residency/model-choice.ts";
import { lockState } from "../../../src/daemon/wiring/state-lock.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const IS_ROOT = process.getuid?.() === 0;

/** A disk of its own, with so much room left for what is not there yet. */
function fullFolder(): string {
  const folder = temporaryFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  return folder;
}

function fill(folder: string): void {
  try {
    for (;;) writeFileSync(join(folder, "filler"), Buffer.alloc(4096), { flag: "a" });
  } catch {
    // Full.
  }
}

test.runIf(IS_ROOT)("a choice that finds no room leaves nothing of itself, and the old one as it was", async () => {
  const folder = fullFolder();
  const choice = new ModelChoice(folder);
  (await choice.prepare({ dir: "/srv/models/old" })).commit();
  fill(folder);
  await expect(choice.prepare({ dir: "/srv/models/new" })).rejects.toMatchObject({ code: "NO_ROOM" });
  expect(readdirSync(folder).toSorted()).toEqual(["filler", "model.json"]);
  expect(JSON.parse(readFileSync(choice.path, "utf8"))).toEqual({ dir: "/srv/models/old" });
});

test.runIf(IS_ROOT)("who holds a state folder is not half told on a full disk", async () => {
  const folder = fullFolder();
  writeFileSync(join(folder, "daemon.lock"), "");
  fill(folder);
  const lock = await lockState({ dir: folder, onUnlocked: () => undefined });
  lock?.tell("/run/combot/combot.sock");
  lock?.release();
  expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test.runIf(!IS_ROOT)("NOT TESTED: a full disk, which takes root", () => {
  expect(process.env["CI"], "CI has to run the tests as root").not.toBe("true");
});
