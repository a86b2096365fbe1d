import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import { openModel, openSealed } from "../../../src/daemon/model/opening.ts";
import { ask, startCore } from "../../support/core.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { TRIAL_VOCABULARY, weightOf, writeTrialModel } from "../../support/trial-models.ts";

const TEXT = "is my order hello";

/** Logits of the text by hand: a row of the table for each token, [CLS] and [SEP] among them, added up. */
function logitsByHand(): number[] {
  const tokens = ["[CLS]", ...TEXT.split(" "), "[SEP]"].map((token) => TRIAL_VOCABULARY.indexOf(token));
  return [0, 1, 2].map((label) => tokens.reduce((sum, token) => sum + weightOf(token, label), 0));
}

function sharesByHand(temperature: number): number[] {
  const powers = logitsByHand().map((logit) => Math.exp(logit / temperature));
  return powers.map((power) => power / powers.reduce((sum, other) => sum + other));
}

const settle = (dir: string, settings: object): void =>
  writeFileSync(join(dir, "combot.json"), JSON.stringify(settings));
const model = (): string => writeTrialModel(join(temporaryFolder(), "trial"));
const first = ({ results }: ClassifyReply) => results[0]!;

describe("a model's combot.json", () => {
  test("is of one moment with its copy, and does not make another model of it", async () => {
    const [dir, state] = [model(), temporaryFolder()];
    const plain = await openModel(dir, state);
    settle(dir, { minScore: 0.25, thresholds: { two: 0.5 } });
    const settled = await openModel(dir, state);
    expect(plain.settings).toEqual({});
    expect(settled.settings).toEqual({ minScore: 0.25, thresholds: { two: 0.5 } });
    expect([settled.digest, settled.sealed.content]).toEqual([plain.digest, plain.sealed.content]);
    rmSync(dir, { recursive: true });
    expect((await openSealed(settled.dir, settled.sealed.content, state)).settings).toEqual(settled.settings);
  });

  test("is that of its own folder, where two hold the same model", async () => {
    const [dir, other, state] = [model(), model(), temporaryFolder()];
    settle(other, { minScore: 0.75 });
    const { sealed, dir: real } = await openModel(dir, state);
    expect((await openModel(other, state)).sealed.content).toBe(sealed.content);
    expect((await openModel(dir, state)).settings).toEqual({});
    expect((await openModel(other, state)).settings).toEqual({ minScore: 0.75 });
    expect((await openSealed(real, sealed.content, state)).settings).toEqual({});
  });

  test("makes other answers by its temperature, which are not those of before", async () => {
    const [dir, state] = [model(), temporaryFolder()];
    const plain = await openModel(dir, state);
    settle(dir, { temperature: 2 });
    const tempered = await openModel(dir, state);
    expect(tempered.digest).not.toBe(plain.digest);
    expect([tempered.computedDigest, tempered.sealed.content]).toEqual([plain.computedDigest, plain.sealed.content]);
    settle(dir, { temperature: 1 });
    expect((await openModel(dir, state)).digest).toBe(plain.digest);
  });

  test("that says what can't be is refused by the name of the file in its folder", async () => {
    const dir = model();
    settle(dir, { minScor: 0.5 });
    const told = 'combot.json: it has the key "minScor", which means nothing here; there are minScore';
    await expect(openModel(dir, temporaryFolder())).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringContaining(join(dir, told)) as string,
    });
  });
});

test("decides what no call decides, from the cache too, and is followed by model use without another model", async () => {
  const dir = model();
  const core = await startCore(dir, { WORKERS: "1" });
  const label = sharesByHand(1);
  const order = [0, 1, 2].toSorted((a, b) => label[b]! - label[a]!);
  const names = ["one", "two", "three"];
  const [best, second] = order.map((at) => names[at]!);
  const [bestShare, secondShare] = order.map((at) => label[at]!);

  const plain = await ask(core, { text: TEXT });
  expect(Object.keys(first(plain))).toEqual(["label", "score", "cached"]);
  expect(first(plain)).toMatchObject({ label: best, cached: false });
  expect(first(plain).score).toBeCloseTo(bestShare!, 5);

  // Of the call: computed after the cache.
  const sure = first(await ask(core, { text: TEXT, minScore: 0.01 }));
  expect(sure).toMatchObject({ ...first(plain), cached: "memory", decision: "accept" });
  expect(sure.margin).toBeCloseTo(bestShare! - secondShare!, 5);
  expect(first(await ask(core, { text: TEXT, minScore: 0.9999 }))).toMatchObject({ label: best, decision: "unsure" });
  const near = first(await ask(core, { text: TEXT, minMargin: 1 }));
  expect(near).toMatchObject({ decision: "ambiguous", alternatives: [{ label: second }, { label: names[order[2]!] }] });
  const among = first(await ask(core, { text: TEXT, candidates: names.filter((name) => name !== best), topK: 2 }));
  expect(among).toMatchObject({ label: second, cached: "memory", candidates: { count: 2 } });
  expect(among.score).toBeCloseTo(secondShare! / (1 - bestShare!), 4);
  expect(among.candidates?.share).toBeCloseTo(1 - bestShare!, 5);
  expect(among.scores).toHaveLength(2);
  await expect(ask(core, { text: TEXT, candidates: ["xyz"] })).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    message: expect.stringContaining("xyz") as string,
  });

  // Of the model.
  settle(dir, { minScore: 0.9999 });
  await core.folder.poll();
  expect(core.folder.state).toBe("same");
  const pids = core.pool.slots.map((slot) => slot.current?.pid);
  const used = await core.models.use({ dir });
  expect(used).toMatchObject({ changed: false, remarks: ["combot.json says minScore 0.9999."] });
  expect(first(await ask(core, { text: TEXT }))).toMatchObject({ cached: "memory", decision: "unsure" });
  expect(first(await ask(core, { text: TEXT, minScore: 0.01 }))).toMatchObject({ decision: "accept" });
  expect(core.pool.slots.map((slot) => slot.current?.pid)).toEqual(pids);
  rmSync(join(dir, "combot.json"));
  await core.models.use({ dir });
  const { durationMs: _now, ...again } = await ask(core, { text: TEXT });
  const { durationMs: _then, ...before } = plain;
  expect(JSON.stringify(again)).toBe(JSON.stringify(before).replace('"cached":false', '"cached":"memory"'));

  // A temperature: other scores, and none of those that were kept.
  settle(dir, { temperature: 3 });
  expect(await core.models.use({ dir })).toMatchObject({ changed: true });
  const tempered = first(await ask(core, { text: TEXT }));
  expect(tempered).toMatchObject({ label: best, cached: false });
  expect(tempered.score).toBeCloseTo(Math.max(...sharesByHand(3)), 5);
}, 120_000);
