import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { batchOf } from "../../../src/daemon/journal/buffer.ts";
import { decisionEvent } from "../../../src/daemon/journal/events.ts";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import { decisionAt } from "../../contract/journal/running-journal.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const LOGS = ["-wal", "-shm"];

/** A journal as a daemon that was killed leaves it: nearly all of it is in the log beside the file. */
async function killedJournal(folder: string, decisions: number): Promise<string> {
  const live = join(folder, "live.db");
  const store = new SqliteStore(live);
  await store.open();
  for (let index = 0; index < decisions; index++)
    await store.write(batchOf([decisionEvent(decisionAt(index))]), String(index));
  const path = join(folder, "journal.db");
  for (const suffix of ["", ...LOGS]) copyFileSync(live + suffix, path + suffix);
  await store.close();
  return path;
}

const STEPS = 5;

/** What a restore does, up to a step; the copy has no decision at all. */
function cutOff(path: string, copy: string, steps: number): void {
  const all = [
    () => writeFileSync(`${path}.restoring`, "half"),
    () => renameSync(path, `${path}.replaced`),
    ...LOGS.map((suffix) => () => renameSync(path + suffix, `${path}.replaced${suffix}`)),
    () => {
      copyFileSync(copy, `${path}.restoring`);
      renameSync(`${path}.restoring`, path);
    },
  ];
  for (const step of all.slice(0, steps)) step();
}

test.each(Array.from({ length: STEPS + 1 }, (_, steps) => steps))(
  "a restore that was cut off behind step %d of 5 is undone or done, and loses nothing of the journal that counts",
  async (steps) => {
    const folder = temporaryFolder();
    const path = await killedJournal(folder, 20);
    const copy = join(folder, "copy.db");
    const other = new SqliteStore(copy);
    await other.open();
    await other.close();
    cutOff(path, copy, steps);
    const store = new SqliteStore(path);
    expect(await store.decisions(0, 100)).toHaveLength(steps === STEPS ? 0 : 20);
    await store.write(batchOf([decisionEvent(decisionAt(500))]), "later");
    await store.close();
    expect(readdirSync(folder).filter((name) => /restoring|replaced/.test(name))).toEqual([]);
  },
);

test("putting back is cut off as well, behind each step: the journal is whole all the same", async () => {
  for (const moved of [0, 1, 2]) {
    const folder = temporaryFolder();
    const path = await killedJournal(folder, 20);
    const copy = join(folder, "live.db");
    cutOff(path, copy, STEPS - 1);
    for (const suffix of LOGS.slice(0, moved)) renameSync(`${path}.replaced${suffix}`, path + suffix);
    const store = new SqliteStore(path);
    expect(await store.decisions(0, 100)).toHaveLength(20);
    await store.close();
  }
});

test("what was replaced is forgotten, also where that was cut off", async () => {
  const folder = temporaryFolder();
  const path = await killedJournal(folder, 20);
  cutOff(path, join(folder, "live.db"), STEPS);
  rmSync(`${path}.replaced-wal`);
  const store = new SqliteStore(path);
  expect(await store.decisions(0, 100)).toHaveLength(20);
  await store.close();
  expect(existsSync(`${path}.replaced`)).toBe(false);
});
