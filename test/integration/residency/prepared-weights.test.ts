import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { writeFolder } from "../../../bench/model/folder.ts";
import { sealedStore } from "../../../src/daemon/model/sealed-copy.ts";
import { startCore } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { UNEVEN } from "../../support/trials.ts";

// Each model is tried before it is loaded, which on a busy machine takes a while.
vi.setConfig({ testTimeout: 240_000 });

const NAMES = ["north", "east", "south", "west"];

/** Big enough to be prepared, each with weights of its own. */
function writeModels(dir: string, names: readonly string[], seed: number): void {
  for (const [at, name] of names.entries()) {
    const folder = join(dir, name);
    mkdirSync(folder, { recursive: true });
    writeFolder(folder, { ...UNEVEN, seed: seed + at }, false, () => undefined);
  }
}

function startWith(dir: string, state: string): Promise<Core> {
  return startCore(join(dir, "own"), {
    COMBOT_MODELS_DIR: join(dir, "models"),
    COMBOT_STATE_DIR: state,
    REQUEST_TIMEOUT: "120",
    WORKERS: "1",
  });
}

/** What was prepared: the file of the weights says when it was made. */
function preparedIn(state: string): string[] {
  const dir = join(state, "prepared");
  return readdirSync(dir).map((name) => {
    const { ino, birthtimeNs } = statSync(join(dir, name, "weights.bin"), { bigint: true });
    return `${name} ${ino} ${birthtimeNs}`;
  });
}

/** The copies that models are served from: each folder, when it was made. */
function copiesIn(state: string): string[] {
  const store = sealedStore(state);
  return readdirSync(store).map((name) => `${name} ${statSync(join(store, name), { bigint: true }).birthtimeNs}`);
}

/** Loads one after another, and ends each before the next. */
async function loadInTurn({ models: { repository } }: Core, names = NAMES): Promise<void> {
  for (const name of names) {
    const { pool } = await repository.engineOf(name);
    pool.load(1);
    await pool.whenReady();
    await pool.unload();
  }
}

test("four models loaded in turn twice, and by the next daemon, are copied and prepared once each", async () => {
  const [dir, state] = [temporaryFolder(), temporaryFolder()];
  writeModels(join(dir, "models"), NAMES, 11);
  writeModels(dir, ["own"], 21);
  const core = await startWith(dir, state);
  await core.models.repository.rescan();
  await loadInTurn(core);
  const once = preparedIn(state);
  expect(once).toHaveLength(4);
  await loadInTurn(core);
  expect(preparedIn(state)).toEqual(once);
  const copies = copiesIn(state);
  expect(copies).toHaveLength(5);
  await core.models.stop();

  const left = join(state, "prepared", "0123456789abcdef01234567.making");
  mkdirSync(left);
  writeFileSync(join(left, "weights.bin"), "what a killed daemon had begun");
  const next = await startWith(dir, state);
  expect(preparedIn(state)).toEqual(once);
  // The default one may load before it is known what is in the repository.
  next.pool.load(1);
  await next.pool.whenReady();
  expect(preparedIn(state)).toEqual(expect.arrayContaining(once));
  await next.models.repository.rescan();
  await loadInTurn(next);
  expect(preparedIn(state)).toHaveLength(5);
  expect(preparedIn(state)).toEqual(expect.arrayContaining(once));
  expect(copiesIn(state)).toEqual(copies);
});

test("what was prepared of models that were removed or replaced goes, but for the one used last", async () => {
  const [dir, state] = [temporaryFolder(), temporaryFolder()];
  writeModels(join(dir, "models"), NAMES, 11);
  writeModels(dir, ["own"], 21);
  const core = await startWith(dir, state);
  await core.models.repository.rescan();
  await loadInTurn(core);
  const all = preparedIn(state);
  const { repository } = core.models;
  await repository.remove("north");
  expect(preparedIn(state)).toEqual(all);
  await repository.remove("east");
  expect(preparedIn(state)).toHaveLength(3);
  // Nothing of the one that replaces it is prepared yet.
  writeModels(dir, ["other"], 31);
  await repository.put("west", join(dir, "other"));
  await expect.poll(() => preparedIn(state).length, { timeout: 10_000 }).toBe(2);
  await loadInTurn(core, ["south", "west"]);
  const kept = preparedIn(state);
  expect(kept).toHaveLength(3);
  expect(all.filter((one) => kept.includes(one))).toHaveLength(2);
});
