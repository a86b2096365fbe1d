import { execFileSync } from "node:child_process";
import {
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import { MIB } from "../../../src/lib/units.ts";
import { classify, startCore, workerPids } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import type { OddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const variant = (number: number, over: OddModel = {}): string =>
  writeOddModel(join(temporaryFolder(), `variant-${number}`), { variant: number, slowRounds: 1, ...over });

/** Clients that ask without pause until stopped; each reply must be one that its model gives. */
function keepAsking(core: Core, clients: number): { stop(): Promise<ClassifyReply[]> } {
  let running = true;
  const replies: ClassifyReply[] = [];
  const asking = Array.from({ length: clients }, async () => {
    while (running) replies.push(await classify(core, ["alpha beta", "gamma"]));
  });
  return {
    stop: async () => {
      running = false;
      await Promise.all(asking);
      return replies;
    },
  };
}

async function startVariant(dir: string, env: Record<string, string> = {}): Promise<Core> {
  const core = await startCore(dir, env);
  core.pool.load();
  await core.pool.whenReady();
  return core;
}

describe.each([
  ["beside the old one", {}],
  ["in turn", { inTurn: true }],
])("switching models %s", (_, mode) => {
  test("fails no request, and every reply is one model's own", async () => {
    const [one, two] = [variant(1), variant(2)];
    const core = await startVariant(one);
    const answers = new Map<string, string>();
    const note = async (): Promise<void> => {
      const { model, results } = await classify(core, ["alpha beta", "gamma"]);
      answers.set(model.name, JSON.stringify(results));
    };
    await note();
    const clients = keepAsking(core, 20);
    for (const dir of [two, one, two]) {
      await expect(core.models.use({ dir, ...mode })).resolves.toMatchObject({ changed: true, model: { dir } });
      await note();
    }
    const replies = await clients.stop();
    expect(answers.size).toBe(2);
    for (const { model, results } of replies) expect(JSON.stringify(results)).toBe(answers.get(model.name));
    expect(core.models.engines).toHaveLength(1);
    expect(workerPids(core)).toHaveLength(2);
  });

  test("to one that does not load leaves the old one serving, and says why", async () => {
    const core = await startVariant(variant(1));
    const broken = variant(2);
    writeFileSync(join(broken, "model.onnx"), "broken");
    const clients = keepAsking(core, 10);
    await expect(core.models.use({ dir: broken, ...mode })).rejects.toMatchObject({ code: "MODEL_INVALID" });
    const replies = await clients.stop();
    expect(new Set(replies.map(({ model }) => model.name))).toEqual(new Set(["variant-1"]));
    await expect(classify(core, ["alpha"])).resolves.toMatchObject({ model: { name: "variant-1" } });
    expect(core.models.engines).toHaveLength(1);
  });
});

test("of models that were refused no more than the last two copies are kept", async () => {
  const env = { COMBOT_STATE_DIR: temporaryFolder() };
  const core = await startVariant(variant(1), env);
  for (const number of [2, 3, 4, 5]) {
    const dir = variant(number, { variant: Infinity, slowRounds: number });
    await expect(core.models.use({ dir })).rejects.toMatchObject({ code: "MODEL_INVALID" });
  }
  expect(readdirSync(join(env.COMBOT_STATE_DIR, "models"))).toHaveLength(3);
});

test("settings and a switch may name a model's file, and the choice of it outlives a restart", async () => {
  const [one, two] = [variant(1), variant(2)];
  copyFileSync(join(variant(3), "model.onnx"), join(two, "other.onnx"));
  const env = { COMBOT_STATE_DIR: temporaryFolder() };
  const core = await startVariant(join(one, "model.onnx"), env);
  expect(core.models.current.model).toMatchObject({ name: "variant-1", dir: one, file: "model.onnx" });
  const used = core.models.use({ dir: join(two, "other.onnx") });
  await expect(used).resolves.toMatchObject({ changed: true, model: { dir: two, file: "other.onnx" }, remarks: [] });
  await core.models.stop();
  const again = await startVariant(join(one, "model.onnx"), env);
  expect(again.models.current.model).toMatchObject({ dir: two, file: "other.onnx" });
  await again.models.use({ default: true });
  expect(again.models.current.model).toMatchObject({ dir: one, file: "model.onnx" });
});

describe.runIf(process.getuid?.() === 0)("on a full disk", () => {
  /** A state folder on a disk of its own. */
  function smallDisk(): string {
    const state = temporaryFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", state]);
    onTestFinished(() => void execFileSync("umount", ["--lazy", state]));
    return state;
  }

  /** What a copy must leave free, and half of what this model's takes: too little by the other half. */
  function fill(state: string, dir: string): void {
    const { bavail, bsize } = statfsSync(state);
    const left = 4 * MIB + Math.floor(statSync(join(dir, "model.onnx")).size / 2);
    writeFileSync(join(state, "ballast"), Buffer.alloc(bavail * bsize - left));
  }

  const copies = (state: string): number => readdirSync(join(state, "models")).length;

  test("copies that are kept for a way back make room for the one that is wanted", async () => {
    const state = smallDisk();
    const core = await startVariant(variant(1), { COMBOT_STATE_DIR: state });
    for (const number of [2, 3]) await core.models.use({ dir: variant(number) });
    expect(copies(state)).toBe(3);
    const wanted = variant(4);
    fill(state, wanted);
    await expect(core.models.use({ dir: wanted })).resolves.toMatchObject({ changed: true, model: { dir: wanted } });
    expect((await classify(core, ["alpha"])).model.name).toBe("variant-4");
    // That of the third was needed until the fourth served.
    expect(copies(state)).toBe(2);
  });

  test("at a start as well, and never the copy of what was chosen", async () => {
    const state = smallDisk();
    const core = await startVariant(variant(1), { COMBOT_STATE_DIR: state });
    for (const number of [2, 3]) await core.models.use({ dir: variant(number) });
    await core.models.use({ default: true });
    await core.models.stop();
    const other = variant(5);
    fill(state, other);
    const again = await startCore(other, { COMBOT_STATE_DIR: state });
    expect(again.models.current.model.name).toBe("variant-5");
    expect(copies(state)).toBe(1);
  });

  test("there is no room still where nothing is kept but what serves, which goes on", async () => {
    const state = smallDisk();
    const core = await startVariant(variant(1), { COMBOT_STATE_DIR: state });
    const wanted = variant(2);
    fill(state, wanted);
    await expect(core.models.use({ dir: wanted })).rejects.toMatchObject({ code: "NO_ROOM" });
    expect((await classify(core, ["alpha"])).model.name).toBe("variant-1");
    expect(core.models.current.model.sealed.intact).toBe(true);
  });
});

describe("the chosen model", () => {
  test("outlives a restart until the default is asked for", async () => {
    const [one, two] = [variant(1), variant(2)];
    const env = { COMBOT_STATE_DIR: temporaryFolder() };
    const core = await startVariant(one, env);
    await core.models.use({ dir: two });
    await core.models.stop();
    const again = await startCore(one, env);
    expect(again.models.current.model.name).toBe("variant-2");
    await again.models.use({ default: true });
    expect((await startCore(one, env)).models.current.model.name).toBe("variant-1");
  });

  test("that has changed or is gone serves from the copy of what was chosen", async () => {
    const [one, two, other] = [variant(1), variant(2), variant(3)];
    const env = { COMBOT_STATE_DIR: temporaryFolder() };
    const core = await startVariant(one, env);
    await core.models.use({ dir: two });
    const [expected] = (await classify(core, ["alpha beta"])).results;
    const { digest } = core.models.current.model;
    await core.models.stop();
    copyFileSync(join(other, "model.onnx"), join(two, "model.onnx"));
    const changed = await startVariant(one, env);
    expect(changed.models.current.model.digest).toBe(digest);
    expect((await classify(changed, ["alpha beta"])).results).toEqual([expected]);
    expect(changed.reports.health()).toMatchObject({
      status: "degraded",
      checks: { model: { detail: expect.stringContaining(`the folder ${two} has changed`) as string } },
      model: { dir: two, folder: "changed", chosen: { by: "model use" } },
    });
    await changed.models.stop();
    rmSync(two, { recursive: true });
    const gone = await startVariant(one, env);
    expect((await classify(gone, ["alpha beta"])).results).toEqual([expected]);
    expect(gone.reports.health()).toMatchObject({ status: "degraded", model: { dir: two, folder: "gone" } });
  });

  test("by an older version, which wrote the folder alone, is from the first start on what that held then", async () => {
    const [one, two, other] = [variant(1), variant(2), variant(3)];
    const env = { COMBOT_STATE_DIR: temporaryFolder() };
    writeFileSync(join(env.COMBOT_STATE_DIR, "model.json"), JSON.stringify({ dir: two }));
    const { digest } = (await startCore(one, env)).models.current.model;
    copyFileSync(join(other, "model.onnx"), join(two, "model.onnx"));
    expect((await startCore(one, env)).models.current.model).toMatchObject({ dir: two, digest });
    rmSync(two, { recursive: true });
    expect((await startCore(one, env)).models.current.model).toMatchObject({ dir: two, digest });
  });

  test("of which no copy is left keeps the daemon from starting: no other model stands in for it", async () => {
    const [one, two] = [variant(1), variant(2)];
    const env = { COMBOT_STATE_DIR: temporaryFolder() };
    const core = await startVariant(one, env);
    await core.models.use({ dir: two });
    await core.models.stop();
    rmSync(join(env.COMBOT_STATE_DIR, "models"), { recursive: true });
    expect((await startCore(one, env)).models.current.model.name).toBe("variant-2");
    rmSync(join(env.COMBOT_STATE_DIR, "models"), { recursive: true });
    writeFileSync(join(two, "config.json"), readFileSync(join(two, "config.json"), "utf8").replace("first", "1st"));
    await expect(startCore(one, env)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(
        /variant-2, chosen with .* can't be served: the folder has changed; .*remove .*model\.json/,
      ) as string,
    });
  });

  test.each([
    ["is of an older version, and its folder is gone", '{"dir":"/nowhere"}', /\/nowhere: there is no such folder/],
    ["is damaged", '{"dir":', /model\.json is damaged/],
    ["is no choice", '{"folder":"/nowhere"}', /model\.json is damaged/],
  ])("whose file %s keeps it from starting as well", async (_, content, reason) => {
    const env = { COMBOT_STATE_DIR: temporaryFolder() };
    writeFileSync(join(env.COMBOT_STATE_DIR, "model.json"), content);
    await expect(startCore(variant(1), env)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(reason) as string,
    });
  });

  test.runIf(process.getuid?.() === 0)("whose file another user wrote is not believed", async () => {
    const env = { COMBOT_STATE_DIR: temporaryFolder() };
    const path = join(env.COMBOT_STATE_DIR, "model.json");
    writeFileSync(path, JSON.stringify({ dir: variant(2) }));
    chownSync(path, 65_534, 65_534);
    await expect(startCore(variant(1), env)).rejects.toThrow(/belongs to the user 65534/);
  });

  test("that can't be written is not switched to; one that can't take its place is said to", async () => {
    const env = { COMBOT_STATE_DIR: temporaryFolder() };
    const core = await startVariant(variant(1), env);
    mkdirSync(join(env.COMBOT_STATE_DIR, "model.json.new", "occupied"), { recursive: true });
    await expect(core.models.use({ dir: variant(2) })).rejects.toMatchObject({ code: "NO_ROOM" });
    expect((await classify(core, ["alpha"])).model.name).toBe("variant-1");
    rmSync(join(env.COMBOT_STATE_DIR, "model.json.new"), { recursive: true });
    mkdirSync(join(env.COMBOT_STATE_DIR, "model.json", "occupied"), { recursive: true });
    await expect(core.models.use({ dir: variant(2) })).resolves.toMatchObject({
      changed: true,
      remembered: false,
      remarks: [expect.stringMatching(/It serves, but a restart will not know of it/)],
    });
    expect((await classify(core, ["alpha"])).model.name).toBe("variant-2");
  });
});

describe("a switch is refused", () => {
  test("while another one runs", async () => {
    const core = await startVariant(variant(1));
    const first = core.models.use({ dir: variant(2) });
    await expect(core.models.use({ dir: variant(3) })).rejects.toMatchObject({ code: "SWITCH_RUNNING" });
    await first;
  });

  test("with the arithmetic when both don't fit, unless the old one goes first", async () => {
    const core = await startVariant(variant(1), { MEMORY_LIMIT: "200M" });
    const large = variant(2);
    await expect(core.models.use({ dir: large })).rejects.toMatchObject({
      code: "MODEL_DOES_NOT_FIT",
      message: expect.stringMatching(/needs .* MiB; .* MiB of 200 MiB are used, so .* are left below 90%/) as string,
    });
    await expect(core.models.use({ dir: large, inTurn: true })).resolves.toMatchObject({ changed: true });
  });

  test("for a folder that is not there, in words", async () => {
    const core = await startCore(variant(1));
    const message = "/nowhere/model: there is no such folder";
    await expect(core.models.use({ dir: "/nowhere/model" })).rejects.toMatchObject({ code: "MODEL_INVALID", message });
  });

  test.each(["relative/folder", ""])("for %j, which is no absolute path", async (dir) => {
    const core = await startCore(variant(1));
    await expect(core.models.use({ dir })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });
});
