import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { MemoryCgroup } from "../../../scripts/support/process-tree.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
import type { MemoryReport } from "../../../src/lib/protocol/memory.ts";
import type { ModelsReply } from "../../../src/lib/protocol/models.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { MIB } from "../../../src/lib/units.ts";
import { hasCgroups } from "../memory/support/cgroups.ts";
import { writeNamedModel } from "../../support/repository.ts";

const folder = mkdtempSync(join(tmpdir(), "combot-eviction-"));
const models = join(folder, "models");
const NAMES = ["a", "b", "c"] as const;
let cgroup: MemoryCgroup;
let daemon: PrivateDaemon;

/**
 * The daemon's cgroup is given a limit below which two models fit, and three don't, when all three have been there once
 * and what each takes is known.
 */
beforeAll(async () => {
  if (!hasCgroups) return;
  writeNamedModel(join(folder, "own"), "own");
  for (const name of NAMES) writeNamedModel(join(models, name), name, { ballastBytes: 96 * MIB });
  cgroup = new MemoryCgroup("combot-eviction");
  cgroup.limitBytes = 2048 * MIB;
  daemon = await PrivateDaemon.start({
    wrapper: cgroup.wrapper,
    env: {
      COMBOT_MODEL_DIR: join(folder, "own"),
      COMBOT_MODELS_DIR: models,
      WORKERS: "1",
      PRELOAD: "false",
      // Half of it is what a model that was just loaded is waited for.
      REQUEST_TIMEOUT: "24",
    },
  });
  for (const name of NAMES) await ask(name, "hello");
  // What they take is read once a second.
  await delay(2000);
  await daemon.json("POST", "/api/models/c/unload/?wait=true");
  const { processes } = await daemon.json<MemoryReport>("GET", "/api/memory/");
  const anonymous = processes.reduce((sum, { rssBytes, mappedBytes }) => sum + rssBytes - mappedBytes, 0);
  // Fuller than the machine, so that it is what counts.
  cgroup.limitBytes = Math.round(anonymous * 1.5);
  const { usedBytes, source } = await daemon.json<MemoryReport>("GET", "/api/memory/");
  if (source !== "cgroup") throw new Error(`memory is read from ${source}, not from the cgroup`);
  const { models: rows } = await daemon.json<ModelsReply>("GET", "/api/models/");
  const needs = rows.find(({ name }) => name === "c")!.needs!;
  cgroup.limitBytes = Math.round((usedBytes + needs / 4) / 0.85);
  // Read anew.
  await delay(1500);
}, 120_000);

afterAll(async () => {
  await daemon?.stop();
  rmSync(folder, { recursive: true, force: true });
  await vi.waitFor(() => cgroup?.remove(), 10_000);
});

const ask = (model: string, text: string): Promise<ClassifyReply> =>
  daemon.json("POST", "/api/classify/", { text, model, noCache: true });

async function resident(): Promise<string[]> {
  const { models: rows } = await daemon.json<ModelsReply>("GET", "/api/models/");
  return rows.filter(({ workers }) => workers > 0).map(({ name }) => name);
}

/** What has just been loaded stays ten times as long as that took, however long it was used ago. */
async function staysOver(): Promise<void> {
  const { models: rows } = await daemon.json<ModelsReply>("GET", "/api/models/");
  await delay(10_000 * Math.max(...rows.map(({ loadSeconds }) => loadSeconds)));
}

test.runIf(hasCgroups)(
  "room is made by the model that was used longest ago, and told with the arithmetic",
  async () => {
    for (const name of ["a", "b"]) await ask(name, "hello");
    expect(await resident()).toEqual(["a", "b"]);
    await staysOver();
    await ask("a", "is my order ok");
    const { results } = await ask("c", "hello");
    expect(results[0]!.label).toMatch(/^c:/);
    expect(await resident()).toEqual(["a", "c"]);
    const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/");
    const made = decisions.filter(({ action }) => action === "make room");
    expect(made).toEqual([
      expect.objectContaining({
        model: "c",
        reason: "for c",
        detail: expect.stringMatching(/needs .*ended b/) as string,
      }),
    ]);
    expect(made[0]!.freedBytes).toBeGreaterThan(0);
  },
  60_000,
);

test.runIf(hasCgroups)("a pinned model stays, and where only pinned ones could go the sum is told", async () => {
  await daemon.json("POST", "/api/models/a/pin/");
  await ask("b", "hello");
  expect(await resident()).toEqual(["a", "b"]);
  await daemon.json("POST", "/api/models/b/pin/");
  const { status, text } = await daemon.ask("POST", "/api/classify/", { text: "hello", model: "c", noCache: true });
  expect([status, JSON.parse(text)]).toEqual([
    503,
    expect.objectContaining({
      code: "MODEL_DOES_NOT_FIT",
      detail: expect.stringMatching(/^c needs \d+.* free; \d+.* pinned$/) as string,
    }),
  ]);
  for (const name of ["a", "b"]) await daemon.json("POST", `/api/models/${name}/unpin/`);
  expect((await ask("c", "hello")).results[0]!.label).toMatch(/^c:/);
});

test.runIf(hasCgroups)(
  "three that don't fit together, asked at once, are all answered by the right one",
  async () => {
    const calls = Array.from({ length: 30 }, (_, at) => NAMES[at % 3]!);
    const answers = await Promise.all(calls.map((name, at) => ask(name, `order ${at}`)));
    expect(answers.map(({ results }) => results[0]!.label.split(":")[0])).toEqual(calls);
    expect(await resident()).toHaveLength(2);
  },
  60_000,
);

test.runIf(hasCgroups)(
  "no model is refused for the memory of workers that were killed a moment ago",
  async () => {
    for (let round = 0; round < 12; round++) {
      const here = await resident();
      const absent = NAMES.find((name) => !here.includes(name))!;
      const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
      for (const { pid } of workers) if (pid !== null) process.kill(pid, "SIGKILL");
      expect((await ask(absent, `order ${round}`)).results[0]!.label).toMatch(new RegExp(`^${absent}:`));
    }
  },
  60_000,
);

test.runIf(hasCgroups)(
  "one that takes far more than was known gives way while it loads, and comes when there is room",
  async () => {
    const dir = writeNamedModel(join(folder, "big"), "big", { ballastBytes: 200 * MIB });
    await daemon.json("PUT", "/api/models/big/", { dir });
    // Where nobody looked in time the kernel ends a load, or memory is at emergency; it comes again, with room for more.
    const whenThere = { timeout: 60_000, interval: 500 };
    await vi.waitFor(() => daemon.json("POST", "/api/models/big/load/?wait=true"), whenThere);
    const { results } = await vi.waitFor(() => ask("big", "hello"), whenThere);
    expect(results[0]!.label).toMatch(/^big:/);
    const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/?limit=1000");
    const actions = decisions.filter(({ model }) => model === "big").map(({ action }) => action);
    expect(actions.some((action) => action === "postpone load" || action === "worker died")).toBe(true);
    const { models: rows } = await daemon.json<ModelsReply>("GET", "/api/models/");
    expect(rows.find(({ name }) => name === "big")!.needsToLoad).toBeGreaterThan(200 * MIB);
  },
  90_000,
);

test.runIf(!hasCgroups)("NOT TESTED: room for models, which takes root and a memory controller", () => {
  expect(process.env["CI"], "CI has to run the tests as root, with a memory controller").not.toBe("true");
});
