import { mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { EarlyCheck } from "../../../src/daemon/prepared/early-check.ts";
import { sealFolder } from "../../../src/daemon/prepared/seal.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** Past the clock's step, within which a file may be written again unseen. */
const SETTLED_MS = 50;

async function prepare(dir: string, name = "a", usedAtSeconds = 1000): Promise<string> {
  const folder = join(dir, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "weights.bin"), Buffer.alloc(3_000_000, name));
  await sealFolder(folder);
  utimesSync(folder, usedAtSeconds, usedAtSeconds);
  return folder;
}

test("what is as it was sealed needs no second look", async () => {
  const dir = temporaryFolder();
  const folder = await prepare(dir);
  await delay(SETTLED_MS);
  await expect.poll(() => new EarlyCheck(dir).isWhole(folder)).toBe(true);
});

test("another byte is seen, whatever the size", async () => {
  const dir = temporaryFolder();
  const folder = await prepare(dir);
  writeFileSync(join(folder, "weights.bin"), Buffer.alloc(3_000_000, "b"));
  await delay(SETTLED_MS);
  expect(await new EarlyCheck(dir).isWhole(folder)).toBe(false);
});

test.each([
  ["written to", (folder: string) => writeFileSync(join(folder, "weights.bin"), "other")],
  ["replaced", (folder: string) => renameSync(join(folder, "seal.json"), join(folder, "weights.bin"))],
  ["joined by another", (folder: string) => writeFileSync(join(folder, "more"), "")],
])("a file that is %s after the look has to be looked at again", async (_, change) => {
  const dir = temporaryFolder();
  const folder = await prepare(dir);
  await delay(SETTLED_MS);
  const early = new EarlyCheck(dir);
  await early.over();
  change(folder);
  expect(await early.isWhole(folder)).toBe(false);
});

test("it looks at the one used last, and says nothing of the others", async () => {
  const dir = temporaryFolder();
  const [old, last] = [await prepare(dir, "a", 1000), await prepare(dir, "b", 2000)];
  mkdirSync(join(dir, "c.making"));
  await delay(SETTLED_MS);
  await expect
    .poll(async () => {
      const early = new EarlyCheck(dir);
      return [await early.isWhole(last), await early.isWhole(old)];
    })
    .toEqual([true, false]);
});

test("where nothing was prepared nothing is known", async () => {
  const dir = join(temporaryFolder(), "none");
  expect(await new EarlyCheck(dir).isWhole(join(dir, "a"))).toBe(false);
});
