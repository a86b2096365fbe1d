import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFolder } from "../../../bench/model/folder.ts";
import { readOptions } from "../../../bench/model/options.ts";
import { ask, startCore } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { Judge } from "../../support/swaps/judge.ts";
import { SWAPS, seeded, swap } from "../../support/swaps/folders.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const STEPS = 24;
const CLIENTS = 4;
const TEXTS = ["alpha beta", "gamma", "delta alpha gamma"];

/** Labels of its own, so that no other model's answers look like its. */
function named(dir: string, prefix: string): string {
  const path = join(dir, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8")) as { id2label: Record<string, string> };
  const id2label = Object.fromEntries(Object.keys(config.id2label).map((id) => [id, `${prefix}-${id}`]));
  writeFileSync(path, JSON.stringify({ ...config, id2label }));
  return dir;
}

const MODELS = (): string[] =>
  [1, 2, 3].map((variant) => named(writeOddModel(join(temporaryFolder(), "odd"), { variant }), `odd${variant}`));

/** Asks without pause, from the cache and past it, until stopped. What fails while nobody serves is told apart. */
function keepAsking(core: () => Core | undefined, judge: Judge): () => Promise<unknown[]> {
  let running = true;
  const failures: unknown[] = [];
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let call = 0; running; call++) {
      const asked = core();
      try {
        if (asked)
          judge.add(await ask(asked, { texts: [...TEXTS], noCache: (call + client) % 2 === 0, user: `${call}` }));
        else await new Promise((resolve) => setImmediate(resolve));
      } catch (error) {
        if (asked === core()) failures.push(error);
      }
    }
  });
  return async () => {
    running = false;
    await Promise.all(clients);
    return failures;
  };
}

test("whatever becomes of a served folder, no answer is another model's than its digest says", async () => {
  const [models, live, stateDir] = [MODELS(), join(temporaryFolder(), "live"), temporaryFolder()];
  cpSync(models[0]!, live, { recursive: true });
  const random = seeded(17);
  const judge = new Judge(TEXTS, stateDir);
  // A worker serves few users: it is replaced, and loads again, all the time.
  const env = { COMBOT_STATE_DIR: stateDir, MAX_USERS_PER_PROCESS: "20" };
  const start = async (): Promise<Core> => {
    const core = await startCore(models[1]!, env);
    await judge.learn(core.models.current.model.digest.slice(0, 12));
    core.pool.load();
    await core.pool.whenReady();
    return core;
  };
  let core: Core | undefined = await start();
  await core.models.use({ dir: live });
  await judge.learn(core.models.current.model.digest.slice(0, 12));
  const stop = keepAsking(() => core, judge);
  const use = async (): Promise<void> => {
    // A folder that is in pieces is refused, and the old model goes on.
    const used = await core?.models.use({ dir: live }).catch(() => undefined);
    if (used) await judge.learn(used.model.digest);
  };
  for (let step = 0; step < STEPS; step++) {
    const what = SWAPS[step % SWAPS.length]!;
    const swapping = swap(what, { live, from: models[Math.floor(random() * models.length)]!, random });
    const state = ["ready", "switching", "restart"][Math.floor(random() * 3)];
    if (state === "switching") await use();
    await swapping;
    if (state === "restart") {
      const old: Core = core;
      core = undefined;
      await old.models.stop();
      core = await start();
    } else if (random() < 0.5) await use();
  }
  const failures = await stop();
  const { answers, wrong, from, digests } = judge.judge();
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(failures).toEqual([]);
  expect(answers).toBeGreaterThan(STEPS);
  expect(from["memory"]).toBeGreaterThan(0);
  expect(digests).toBeGreaterThanOrEqual(3);
}, 180_000);

test("a model that was prepared is what it was as well, when another is copied over it", async () => {
  const [dir, other, stateDir] = [join(temporaryFolder(), "big"), join(temporaryFolder(), "other"), temporaryFolder()];
  const shape = ["--layers", "1", "--hidden", "128", "--heads", "2", "--vocab", "9000", "--labels", "3"];
  for (const [at, path] of [dir, other].entries()) {
    const options = readOptions([...shape, "--seed", String(at + 1), "--out", path])!;
    writeFolder(path, options.spec, options.externalData, () => undefined);
    named(path, `big${at}`);
  }
  const words = ["where is my order", "the", "my order"];
  const judge = new Judge(words, stateDir);
  const core = await startCore(dir, { COMBOT_STATE_DIR: stateDir, WORKERS: "1" });
  await judge.learn(core.models.current.model.digest.slice(0, 12));
  judge.add(await ask(core, { texts: words, noCache: true }));
  cpSync(other, dir, { recursive: true });
  for (let round = 0; round < 3; round++) {
    await core.pool.unload();
    judge.add(await ask(core, { texts: words, noCache: true }));
  }
  await core.folder.poll();
  expect(core.folder.state).toBe("changed");
  await core.models.use({ dir });
  await judge.learn(core.models.current.model.digest.slice(0, 12));
  judge.add(await ask(core, { texts: words }));
  judge.add(await ask(core, { texts: words }));
  expect(judge.judge()).toEqual({ answers: 18, wrong: [], from: { computed: 15, memory: 3 }, digests: 2 });
}, 120_000);
