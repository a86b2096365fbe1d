import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { AlertsReply } from "../../../src/lib/protocol/alerts.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { ModelRow, ModelsReply, RescanReply } from "../../../src/lib/protocol/models.ts";
import { writeNamedModel } from "../../support/repository.ts";

const folder = mkdtempSync(join(tmpdir(), "combot-several-"));
const models = join(folder, "models");
let daemon: PrivateDaemon;

beforeAll(async () => {
  writeNamedModel(join(folder, "own"), "own");
  for (const name of ["mood", "topic", "2.lang-uage_x"]) writeNamedModel(join(models, name), name);
  mkdirSync(join(models, "Upper"));
  mkdirSync(join(models, "empty"));
  mkdirSync(join(models, ".hidden"));
  writeFileSync(join(models, "README.md"), "not a model");
  daemon = await PrivateDaemon.start({
    env: { COMBOT_MODEL_DIR: join(folder, "own"), COMBOT_MODELS_DIR: models, WORKERS: "2", LOG_LEVEL: "info" },
  });
});

afterAll(async () => {
  await daemon.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (body: object): Promise<ClassifyReply> => daemon.json("POST", "/api/classify/", body);

async function rowOf(name: string): Promise<ModelRow> {
  const { models: rows } = await daemon.json<ModelsReply>("GET", "/api/models/");
  return rows.find((row) => row.name === name)!;
}

test("a text is answered by the model that the call names, and by the default one where it names none", async () => {
  const answers = await Promise.all(
    ["mood", "topic", "2.lang-uage_x", "default", undefined].map((model) =>
      ask({ text: "is my order ok", ...(model !== undefined && { model }) }),
    ),
  );
  const whose = answers.map(({ results }) => results[0]!.label.split(":")[0]);
  expect(whose).toEqual(["mood", "topic", "2.lang-uage_x", "own", "own"]);
  expect(answers.slice(0, 3).map(({ model }) => model.name)).toEqual(["mood", "topic", "2.lang-uage_x"]);
});

test("each model's answers are cached apart, and given while it is not loaded", async () => {
  const call = { text: "where are the shoes", model: "mood" };
  await ask(call);
  await daemon.json("POST", "/api/models/mood/unload/?wait=true");
  const again = await ask(call);
  expect(again.results[0]).toMatchObject({ cached: "memory", label: expect.stringMatching(/^mood:/) as string });
  expect((await ask({ ...call, model: "topic" })).results[0]).toMatchObject({ cached: false });
  expect((await rowOf("mood")).state).toBe("unloaded");
});

test("a hundred first calls at once load a model once", async () => {
  await daemon.json("POST", "/api/models/topic/unload/?wait=true");
  const before = (await rowOf("topic")).loads;
  await Promise.all(Array.from({ length: 100 }, (_, at) => ask({ text: `order ${at}`, model: "topic" })));
  expect((await rowOf("topic")).loads - before).toBe(1);
});

test("an unknown name is told with those that there are", async () => {
  const { status, text } = await daemon.ask("POST", "/api/classify/", { text: "hello", model: "moods" });
  expect([status, JSON.parse(text)]).toEqual([
    404,
    expect.objectContaining({ code: "MODEL_UNKNOWN", detail: expect.stringContaining("mood, topic") as string }),
  ]);
});

test("what can be no model is told by its name with the reason, and the others are served", async () => {
  expect(await rowOf("empty")).toMatchObject({
    state: "failed",
    reason: expect.stringContaining("neither model.onnx") as string,
  });
  const { status, text } = await daemon.ask("POST", "/api/classify/", { text: "hello", model: "empty" });
  expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([503, "MODEL_UNAVAILABLE"]);
  const { firing } = await daemon.json<AlertsReply>("GET", "/api/alerts/");
  expect(firing.map(({ alert }) => alert)).toContain("model-failed");
  const { failed } = await daemon.json<RescanReply>("POST", "/api/model/rescan/");
  expect(failed.map(({ name }) => name)).toEqual(["Upper", "empty"]);
});

test("a rescan serves what is new and what has changed, and lets go what is gone", async () => {
  writeNamedModel(join(models, "new"), "new");
  rmSync(join(models, "topic"), { recursive: true });
  writeNamedModel(join(models, "mood"), "mood2");
  const asked = ask({ text: "pay with two cards", model: "topic", noCache: true });
  const found = await daemon.json<RescanReply>("POST", "/api/model/rescan/");
  expect(found).toMatchObject({ added: ["new"], changed: ["mood"], removed: ["topic"], unchanged: 1 });
  expect((await asked).results[0]!.label).toMatch(/^topic:/);
  expect((await ask({ text: "is my order ok", model: "mood" })).results[0]!.label).toMatch(/^mood2:/);
  expect((await ask({ text: "is my order ok", model: "new" })).results[0]!.label).toMatch(/^new:/);
});

test("a folder elsewhere is served under a name, is in a backup with the others, and is let go again", async () => {
  const dir = writeNamedModel(join(folder, "elsewhere"), "elsewhere");
  await daemon.json("PUT", "/api/models/far/", { dir });
  await daemon.json("POST", "/api/models/far/pin/");
  const events = (await daemon.ask("POST", "/api/backup/")).text;
  const backup = /"folder":"([^"]+)"/.exec(events)?.[1] ?? "";
  const { models: kept } = JSON.parse(readFileSync(join(backup, "models.json"), "utf8")) as {
    models: { name: string; dir: string; pinned: boolean }[];
  };
  expect(kept.map(({ name }) => name)).toEqual(["default", "2.lang-uage_x", "empty", "far", "mood", "new"]);
  expect(kept[3]).toMatchObject({ dir, pinned: true, digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect((await ask({ text: "hello", model: "far" })).results[0]!.label).toMatch(/^elsewhere:/);
  await daemon.json("DELETE", "/api/models/far/");
  expect((await daemon.ask("POST", "/api/classify/", { text: "hello", model: "far" })).status).toBe(404);
});
