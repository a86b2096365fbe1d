import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { ModelsReply, RescanReply } from "../../../src/lib/protocol/models.ts";
import type { Problem } from "../../../src/lib/protocol/problem.ts";
import { BROKEN_FOLDERS, BROKEN_NAMES } from "../../support/broken-repository.ts";
import { writeNamedModel } from "../../support/repository.ts";

const BROKEN = [...BROKEN_NAMES, ...BROKEN_FOLDERS];
const folder = mkdtempSync(join(tmpdir(), "combot-broken-"));
const models = join(folder, "models");
let daemon: PrivateDaemon;
let found: RescanReply;

/** Root may read what nobody may: the daemon is to be like anybody else. */
const ANYBODY =
  process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"] : [];

beforeAll(async () => {
  mkdirSync(models);
  writeNamedModel(join(folder, "own"), "own");
  daemon = await PrivateDaemon.start({
    env: { COMBOT_MODEL_DIR: join(folder, "own"), COMBOT_MODELS_DIR: models, WORKERS: "1" },
    wrapper: ANYBODY,
  });
  for (const { name, make } of BROKEN) make(join(models, name));
  for (const name of ["mood", "zebra"]) writeNamedModel(join(models, name), name);
  // The same model under another name is no fault: each is served.
  cpSync(join(models, "mood"), join(models, "mood-again"), { recursive: true });
  found = await daemon.json<RescanReply>("POST", "/api/model/rescan/");
}, 120_000);

afterAll(async () => {
  await daemon?.stop();
  for (const name of ["shut", "shut-file"]) chmodSync(join(models, name), 0o700);
  rmSync(folder, { recursive: true, force: true });
});

test("there are 25 kinds and more, and each is told once, by its name, with the reason", () => {
  expect(BROKEN.length).toBeGreaterThan(25);
  expect(found.failed.map(({ name }) => name).toSorted()).toEqual(BROKEN.map(({ name }) => name).toSorted());
  const reasons = new Map(found.failed.map(({ name, reason }) => [name, reason]));
  const strange = BROKEN.filter(({ name, reason }) => !reason.test(reasons.get(name) ?? ""));
  expect(strange.map(({ name }) => [name, reasons.get(name)])).toEqual([]);
});

test("those with the name of a model stand in the list as failed, with the same reason, and a call for one has it", async () => {
  const { models: rows } = await daemon.json<ModelsReply>("GET", "/api/models/");
  const failed = rows.filter(({ state }) => state === "failed");
  const reasons = new Map(found.failed.map(({ name, reason }) => [name, reason]));
  expect(new Map(failed.map(({ name, reason }) => [name, reason]))).toEqual(
    new Map(BROKEN_FOLDERS.map(({ name }) => [name, reasons.get(name)])),
  );
  for (const { name, reason } of BROKEN_FOLDERS.slice(0, 3)) {
    const { text } = await daemon.ask("POST", "/api/classify/", { text: "hello", model: name });
    const { code, detail } = JSON.parse(text) as Problem;
    expect([code, detail]).toEqual(["MODEL_UNAVAILABLE", expect.stringMatching(reason)]);
    expect(detail.startsWith(`${name}: `)).toBe(true);
  }
});

test("the others are served, two of which are one model", async () => {
  for (const name of ["mood", "mood-again", "zebra"]) {
    const reply = await daemon.json<ClassifyReply>("POST", "/api/classify/", { text: "is my order ok", model: name });
    expect(reply.model.name).toBe(name);
    expect(reply.results[0]!.label).toMatch(name === "zebra" ? /^zebra:/ : /^mood:/);
  }
  const { models: rows } = await daemon.json<ModelsReply>("GET", "/api/models/");
  const digestOf = (name: string): string => rows.find((row) => row.name === name)!.digest!;
  expect(digestOf("mood-again")).toBe(digestOf("mood"));
});
