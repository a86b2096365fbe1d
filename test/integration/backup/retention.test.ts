import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/temporary.ts";
import { kitIn, resultOf } from "./support.ts";
import type { Kit } from "./support.ts";

const SOON = { timeout: 15_000, interval: 20 };
const YEAR_MS = 365 * 86_400_000;
const START_MS = Date.parse("2026-01-02T03:30:00Z");

const namesIn = (folder: string): string[] => readdirSync(join(folder, "backups")).toSorted();
const isUp = ({ journal }: Kit) => expect.poll(() => journal.state.state, SOON).toBe("up");

test("made while the clock was a year ahead: neither counted nor removed, said, and never the newest made", async () => {
  const folder = temporaryFolder();
  let aheadMs = YEAR_MS;
  const kit = kitIn(folder, undefined, 2, (made) => new Date(START_MS + aheadMs + 1000 * made));
  await isUp(kit);
  const make = () => resultOf(kit.backups.backup({}));
  const ahead = [(await make()).name, (await make()).name];
  aheadMs = 0;
  const made: string[] = [];
  for (let round = 0; round < 4; round++) {
    const result = await make();
    expect(result.unjudged).toEqual(ahead);
    expect(result.removed).toEqual(round < 2 ? [] : [made[round - 2]]);
    made.push(result.name);
    expect(namesIn(folder)).toEqual([...made.slice(-2), ...ahead]);
  }
  expect(kit.unjudged).toEqual([...ahead, ...ahead, ...ahead, ...ahead]);
  aheadMs = 2 * YEAR_MS;
  const last = await make();
  expect(last).toMatchObject({ unjudged: [], removed: [...made.slice(-2), ahead[0]] });
  expect(namesIn(folder)).toEqual([ahead[1], last.name]);
});

test("with BACKUP_KEEP=1, and with a clock set back, the one just made stays", async () => {
  const folder = temporaryFolder();
  const kit = kitIn(folder, undefined, 1, (made) => new Date(START_MS - 3_600_000 * made));
  await isUp(kit);
  for (let round = 0; round < 3; round++) {
    const { name } = await resultOf(kit.backups.backup({}));
    expect(namesIn(folder)).toContain(name);
  }
});

test("what is no backup of combot's is left alone and named, whatever it is called", async () => {
  const folder = temporaryFolder();
  const kit = kitIn(folder, undefined, 1);
  await isUp(kit);
  const { name: first, folder: place } = await resultOf(kit.backups.backup({}));
  const foreign = ["2020-01-01T00-00-00Z", "2021-01-01T00-00-00Z", "2022-01-01T00-00-00Z"];
  mkdirSync(join(folder, "backups", foreign[0]!));
  writeFileSync(join(folder, "backups", foreign[1]!), "a file");
  cpSync(place, join(folder, "backups", foreign[2]!), { recursive: true });
  const { removed, unjudged, name } = await resultOf(kit.backups.backup({}));
  expect({ removed, unjudged }).toEqual({ removed: [first], unjudged: foreign });
  expect(namesIn(folder)).toEqual([...foreign, name]);
});

test("the list is given while backups are being removed, and what a removal left half done is no backup", async () => {
  const folder = temporaryFolder();
  const kit = kitIn(folder, undefined, 1);
  await isUp(kit);
  const { folder: place, name } = await resultOf(kit.backups.backup({}));
  for (let day = 10; day < 29; day++) {
    const older = `2025-01-${day}T00-00-00Z`;
    const copy = join(folder, "backups", older);
    cpSync(place, copy, { recursive: true });
    const facts = readFileSync(join(copy, "backup.json"), "utf8");
    writeFileSync(join(copy, "backup.json"), facts.replaceAll(name, older));
  }
  mkdirSync(join(folder, "backups", ".gone-2024-01-01T00-00-00Z"));
  let isDone = false;
  const making = resultOf(kit.backups.backup({})).finally(() => (isDone = true));
  let lists = 0;
  while (!isDone) {
    for (const { bytes } of (await kit.backups.list()).backups) expect(bytes).toBeGreaterThan(0);
    lists++;
  }
  expect((await making).removed).toHaveLength(20);
  expect(lists).toBeGreaterThan(0);
  expect(namesIn(folder)).toHaveLength(1);
});
