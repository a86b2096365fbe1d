import {
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  chmodSync,
  readFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { writeFolder } from "../../../bench/model/folder.ts";
import { readProcessMemory } from "../../../src/daemon/memory/process-memory.ts";
import { classify, startCore, workerPids } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { temporaryFolder } from "../../support/temporary.ts";

// Each model that is prepared or made anew is tried first, which on a busy machine takes a while.
vi.setConfig({ testTimeout: 120_000 });

/** 28 MB of weights in BERT's shape, most of them rows of words: a batch is computed at once. */
const BIG = {
  type: "bert",
  hidden: 384,
  layers: 1,
  heads: 6,
  intermediate: 1536,
  vocab: 14_000,
  positions: 64,
  labels: 3,
  int8: false,
  idleNodes: 0,
  seed: 7,
} as const;
const TEXTS = ["where is it", "send it back", "thank you all"];

function writeBig(): string {
  const dir = temporaryFolder();
  writeFolder(dir, BIG, false, () => undefined);
  return dir;
}

async function startBig(env: Record<string, string> = {}): Promise<{ core: Core; folder: string; state: string }> {
  const state = temporaryFolder();
  const core = await startCore(writeBig(), { COMBOT_STATE_DIR: state, ...env });
  core.pool.load();
  await core.pool.whenReady();
  const [name = ""] = existing(join(state, "prepared"));
  return { core, state, folder: join(state, "prepared", name) };
}

const existing = (dir: string): string[] => {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
};

const weightsOf = (folder: string): string => join(folder, "weights.bin");

describe("prepared weights", () => {
  test("are mapped and shared: workers hold little of their own, and answer as from the plain file", async () => {
    const { core, folder } = await startBig();
    const prepared = await classify(core, TEXTS);
    expect(statSync(weightsOf(folder)).size).toBeGreaterThan(24 * 2 ** 20);
    const small = await Promise.all(workerPids(core).map((pid) => readProcessMemory(pid)));
    const plainState = temporaryFolder();
    writeFileSync(join(plainState, "prepared"), "a file where the folder should be");
    const plain = await startCore(core.models.current.model.dir, { COMBOT_STATE_DIR: plainState });
    plain.pool.load();
    await plain.pool.whenReady();
    const large = await Promise.all(workerPids(plain).map((pid) => readProcessMemory(pid)));
    expect((await classify(plain, TEXTS)).results).toEqual(prepared.results);
    const least = Math.min(...large.map((memory) => memory!.anonymousBytes));
    expect(Math.max(...small.map((memory) => memory!.anonymousBytes))).toBeLessThan(least - 20 * 2 ** 20);
    expect(plain.models.current.unshared()).toMatch(/can't be prepared/);
  });

  test("are used again by the next daemon, and checked whole before", async () => {
    const { core, folder, state } = await startBig();
    const before = statSync(weightsOf(folder)).ino;
    await core.models.stop();
    const again = await startCore(core.models.current.model.dir, { COMBOT_STATE_DIR: state });
    again.pool.load();
    await again.pool.whenReady();
    expect(statSync(weightsOf(folder)).ino).toBe(before);
  });

  test.each([
    ["truncated", (path: string) => truncateSync(path, 4096)],
    ["damaged in one byte", (path: string) => flipByte(path)],
    ["deleted", (path: string) => rmSync(path)],
  ])("%s between two daemons: rebuilt, the answers right", async (_, harm) => {
    const { core, folder, state } = await startBig();
    const expected = await classify(core, TEXTS);
    await core.models.stop();
    harm(weightsOf(folder));
    const again = await startCore(core.models.current.model.dir, { COMBOT_STATE_DIR: state });
    expect((await classify(again, TEXTS)).results).toEqual(expected.results);
    expect(again.models.current.unshared()).toBeUndefined();
  });

  test.each([
    ["truncated", (path: string) => truncateSync(path, 4096)],
    ["overwritten in place", (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
    ["swapped for another", (path: string) => swap(path)],
    ["deleted", (path: string) => rmSync(path)],
  ])("%s while in use: noticed, rebuilt, no wrong answer, nothing refused or held", async (_, harm) => {
    const { core, folder } = await startBig();
    const expected = await classify(core, TEXTS);
    const before = workerPids(core);
    harm(weightsOf(folder));
    for (let round = 0; round < 5; round++) expect((await classify(core, TEXTS)).results).toEqual(expected.results);
    expect(core.pool.held).toBeUndefined();
    expect(core.models.current.unshared()).toBeUndefined();
    await expect
      .poll(() => workerPids(core).filter((pid) => before.includes(pid)).length, { timeout: 10_000 })
      .toBeLessThan(2);
  });
});

function flipByte(path: string): void {
  chmodSync(path, 0o640);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 0xff;
  writeFileSync(path, bytes);
}

function swap(path: string): void {
  const other = `${path}.other`;
  writeFileSync(other, Buffer.alloc(statSync(path).size));
  renameSync(other, path);
}
