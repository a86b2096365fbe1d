import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { setTimeout as delay } from "node:timers/promises";
import { batchOf, BUFFER_EVENTS } from "../../../src/daemon/journal/buffer.ts";
import { decisionEvent } from "../../../src/daemon/journal/events.ts";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { decisionAt, startJournal } from "./running-journal.ts";

const SOON = { timeout: 20_000, interval: 50 };
const isRoot = process.getuid?.() === 0;

function journalPath(): string {
  return join(temporaryFolder(), "journal.db");
}

test("the file and its log are its owner's alone", async () => {
  const path = journalPath();
  const { journal } = startJournal(new SqliteStore(path));
  journal.decision(decisionAt(1));
  await expect.poll(() => journal.state.written, SOON).toBe(1);
  const modes = readdirSync(dirname(path)).map((name) => statSync(join(dirname(path), name)).mode & 0o777);
  expect(modes.length).toBeGreaterThanOrEqual(2);
  expect(modes.every((mode) => mode === 0o600)).toBe(true);
});

test.each([
  [
    "no database at all",
    (path: string) => writeFileSync(path, "this is no database, whatever else it may be".repeat(200)),
  ],
  ["a page overwritten", (path: string) => overwrite(path, 4096, 8192)],
  ["cut short", (path: string) => truncateSync(path, 5000)],
])("a corrupted file is moved aside, named once, and a new one begun: %s", async (_what, damage) => {
  const path = journalPath();
  const before = startJournal(new SqliteStore(path));
  for (let index = 0; index < 500; index++) before.journal.decision(decisionAt(index));
  await before.journal.stop();
  damage(path);
  const damaged = readFileSync(path);
  const { journal, told } = startJournal(new SqliteStore(path));
  journal.decision(decisionAt(1000));
  await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 1, dropped: 0 });
  const aside = readdirSync(dirname(path)).find((name) => /^journal\.db\.corrupt-[^.]*$/.test(name)) ?? "none";
  expect(told.map(({ state }) => state)).toEqual(["down", "up"]);
  expect(told[0]?.reason).toContain(join(dirname(path), aside));
  expect(readFileSync(join(dirname(path), aside)).equals(damaged)).toBe(true);
  expect(await journal.decisions({})).toEqual([decisionAt(1000)]);
});

function overwrite(path: string, from: number, to: number): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, from, to));
}

test("a file that another process holds is waited for, and written when it is free", async () => {
  const path = journalPath();
  const { journal, told } = startJournal(new SqliteStore(path));
  await expect.poll(() => journal.state.state, SOON).toBe("up");
  const other = new DatabaseSync(path);
  onTestFinished(() => other.close());
  other.exec("BEGIN EXCLUSIVE");
  journal.decision(decisionAt(1));
  await expect
    .poll(() => journal.state, SOON)
    .toMatchObject({ state: "down", reason: expect.stringContaining("locked") });
  other.exec("COMMIT");
  await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 1 });
  expect(told.map(({ state }) => state)).toEqual(["down", "up"]);
});

test("a thread without work is ended, and started again by the next call", async () => {
  const path = journalPath();
  const threads = (): number =>
    readdirSync("/proc/self/task").filter((id) => readFileSync(`/proc/self/task/${id}/comm`, "utf8") === "journal\n")
      .length;
  const before = threads();
  const store = new SqliteStore(path, 20);
  for (let round = 1; round <= 3; round++) {
    await store.write(batchOf([decisionEvent(decisionAt(round))]), String(round));
    expect(await store.decisions(0, 10)).toHaveLength(round);
    await expect.poll(threads, SOON).toBe(before);
    expect(readdirSync(dirname(path))).toEqual(["journal.db"]);
  }
  // Whoever asks while it ends is answered all the same.
  const asked = Array.from({ length: 200 }, async (_, index) => {
    await delay(index % 40);
    return store.decisions(0, 10);
  });
  expect((await Promise.all(asked)).every(({ length }) => length === 3)).toBe(true);
  await store.close();
});

test("a file that was removed is begun again", async () => {
  const path = journalPath();
  const { journal } = startJournal(new SqliteStore(path));
  journal.decision(decisionAt(1));
  await expect.poll(() => journal.state.written, SOON).toBe(1);
  for (const name of readdirSync(dirname(path))) rmSync(join(dirname(path), name));
  journal.decision(decisionAt(2));
  await expect.poll(() => journal.state.written, SOON).toBe(2);
  expect(await journal.decisions({})).toEqual([decisionAt(2)]);
});

test.skipIf(!isRoot)(
  "a full disk (root alone can mount a small one): the oldest go, are counted, and it recovers",
  async () => {
    const folder = temporaryFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    onTestFinished(() => void execFileSync("umount", ["-l", folder]));
    const filler = join(folder, "filler");
    const { journal, told } = startJournal(new SqliteStore(join(folder, "journal.db")));
    await expect.poll(() => journal.state.state, SOON).toBe("up");
    writeFileSync(filler, "");
    execFileSync("sh", ["-c", `cat /dev/zero > ${filler} 2>/dev/null || true`]);
    const count = BUFFER_EVENTS + 100;
    for (let index = 0; index < count; index++) journal.decision(decisionAt(index));
    await expect
      .poll(() => journal.state, SOON)
      .toMatchObject({ state: "down", reason: expect.stringMatching(/full|I\/O/) });
    rmSync(filler);
    execFileSync("mount", ["-o", "remount,size=64m", folder]);
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0 });
    const { written, dropped } = journal.state;
    expect(written + dropped).toBe(count);
    expect(dropped).toBeGreaterThanOrEqual(100);
    expect(told.map(({ state }) => state)).toEqual(["down", "up"]);
    expect((await journal.decisions({ limit: 1 }))[0]).toEqual(decisionAt(count - 1));
  },
);

test.skipIf(isRoot)("a folder that can't be written (root can write everywhere) is named", async () => {
  const path = join(temporaryFolder(), "closed", "journal.db");
  mkdirSync(dirname(path));
  chmodSync(dirname(path), 0o500);
  const { journal } = startJournal(new SqliteStore(path));
  await expect.poll(() => journal.state, SOON).toMatchObject({ state: "down", reason: expect.stringContaining(path) });
  chmodSync(dirname(path), 0o700);
  await expect.poll(() => journal.state.state, SOON).toBe("up");
});

test.skipIf(!isRoot)(
  "a disk that is mounted read-only (root alone can) is named, and written again when it may be",
  async () => {
    const folder = temporaryFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m,ro", "tmpfs", folder]);
    onTestFinished(() => void execFileSync("umount", ["-l", folder]));
    const { journal } = startJournal(new SqliteStore(join(folder, "journal.db")));
    journal.decision(decisionAt(1));
    await expect
      .poll(() => journal.state, SOON)
      .toMatchObject({ state: "down", reason: expect.stringContaining("read-only") });
    execFileSync("mount", ["-o", "remount,rw", folder]);
    await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", written: 1, dropped: 0 });
  },
);
