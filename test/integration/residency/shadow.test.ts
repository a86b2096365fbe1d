import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { CacheStats } from "../../../src/lib/protocol/cache.ts";
import type { DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
import type { MetricsReport } from "../../../src/lib/protocol/metrics.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import type { ShadowReply, ShadowReport } from "../../../src/lib/protocol/shadow.ts";
import { Oracle } from "../../support/oracle.ts";
import { writeNamedModel } from "../../support/repository.ts";
import { TRIAL_LABELS, writeTrialModel } from "../../support/trial-models.ts";

const folder = mkdtempSync(join(tmpdir(), "combot-shadow-"));
const live = join(folder, "live");
const candidate = join(folder, "candidate");
const models = join(folder, "models");
const PATH = "/api/model/shadow/";
const ENV = { COMBOT_MODEL_DIR: live, COMBOT_MODELS_DIR: models, WORKERS: "2", JOURNAL_TEXT: "on", LOG_LEVEL: "info" };
/** Each word alone and in pairs: some fifty texts that the two models see differently. */
const WORDS = "is my order hello would like to send back the shoes can pay with two cards what are your hours".split(
  " ",
);
const TEXTS = WORDS.flatMap((word, at) => [word, `${word} ${WORDS[(at * 7 + 3) % WORDS.length]} ok`]);
let daemon: PrivateDaemon;
/** What onnxruntime says by itself. */
let liveLabels: readonly string[];
let candidateLabels: readonly string[];

beforeAll(async () => {
  writeTrialModel(live);
  writeTrialModel(candidate, { phase: 0.7 });
  writeNamedModel(join(models, "mood"), "mood");
  writeNamedModel(join(models, "mood2"), "mood", { phase: 0.7 });
  writeTrialModel(join(folder, "score"), { labels: 1 });
  [liveLabels, candidateLabels] = await Promise.all([labelsBy(live), labelsBy(candidate)]);
  daemon = await PrivateDaemon.start({ env: ENV });
});

afterAll(async () => {
  await daemon.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function labelsBy(dir: string): Promise<string[]> {
  const oracle = await Oracle.open(dir);
  const labels: string[] = [];
  for (const text of TEXTS) {
    const logits = await oracle.logits(text);
    labels.push(TRIAL_LABELS[logits.indexOf(Math.max(...logits))]!);
  }
  return labels;
}

const ask = (body: object): Promise<ClassifyReply> => daemon.json("POST", "/api/classify/", body);
const start = (body: object): Promise<ShadowReply> => daemon.json("POST", `${PATH}?wait=true`, body);

async function report(): Promise<ShadowReport> {
  return (await daemon.json<ShadowReply>("GET", PATH)).shadow!;
}

/** When each of so many texts has been compared, or passed over. */
async function whenSeen(count: number): Promise<ShadowReport> {
  await expect.poll(async () => seenBy(await report()), { timeout: 20_000, interval: 20 }).toBe(count);
  return report();
}

function seenBy({ texts: { compared, failed, skipped } }: ShadowReport): number {
  return compared + failed + skipped.busy + skipped.level + skipped.evicted;
}

async function candidatePid(): Promise<number | null | undefined> {
  const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
  return workers.find(({ model }) => model === "shadow:default")?.pid;
}

const agreed = (): number => liveLabels.filter((label, at) => label === candidateLabels[at]).length;

test("what can't be compared is refused, and nothing runs", async () => {
  expect(await daemon.json("GET", PATH)).toEqual({ shadow: null, lost: null });
  const refusals = [
    [{ dir: live, share: 1 }, 400, "is the model that serves"],
    [{ dir: join(folder, "score"), share: 1 }, 400, "gives one score and no label"],
    [{ dir: "candidate", share: 1 }, 400, "must be an absolute path"],
    [{ dir: candidate, share: 0 }, 400, "share"],
    [{ dir: candidate, name: "mood", share: 1 }, 400, "either dir or name"],
    [{ dir: join(folder, "nowhere"), share: 1 }, 422, "nowhere"],
    [{ name: "moods", share: 1 }, 404, "there is no model"],
  ] as const;
  for (const [body, status, detail] of refusals) {
    const reply = await daemon.ask("POST", PATH, body);
    expect([body, reply.status, reply.text]).toEqual([body, status, expect.stringContaining(detail)]);
  }
  expect(await daemon.json("GET", PATH)).toEqual({ shadow: null, lost: null });
});

test("agreement is what onnxruntime says by hand, by label and where they differ; nothing of it counts", async () => {
  const { shadow } = await start({ dir: candidate, share: 1 });
  expect(shadow).toMatchObject({ state: "comparing", model: "default", share: 1, startedBy: "control socket" });
  expect((await daemon.ask("POST", PATH, { dir: candidate, share: 1 })).text).toContain("SHADOW_RUNNING");
  for (const text of TEXTS) await ask({ text, user: "one" });
  const told = await whenSeen(TEXTS.length);
  expect(told.texts).toEqual({
    compared: TEXTS.length,
    agreed: agreed(),
    failed: 0,
    skipped: { busy: 0, level: 0, evicted: 0 },
  });
  expect([agreed() > 0, agreed() < TEXTS.length]).toEqual([true, true]);
  for (const label of new Set(liveLabels)) {
    const at = [...TEXTS.keys()].filter((index) => liveLabels[index] === label);
    const same = at.filter((index) => candidateLabels[index] === label).length;
    expect(told.labels).toContainEqual({ label, compared: at.length, agreed: same });
  }
  const differing = [...TEXTS.keys()].filter((at) => liveLabels[at] !== candidateLabels[at]);
  expect(told.differ.reduce((sum, { texts }) => sum + texts, 0)).toBe(differing.length);
  for (const { live: mine, candidate: its, texts, examples } of told.differ) {
    const such = differing.filter((at) => liveLabels[at] === mine && candidateLabels[at] === its);
    expect([texts, examples]).toEqual([such.length, such.slice(0, 3).map((at) => TEXTS[at])]);
  }
  expect([told.live.p99Ms, told.candidate.p99Ms]).toEqual([expect.any(Number), expect.any(Number)]);
  const metrics = await daemon.json<MetricsReport>("GET", "/api/metrics/");
  expect([metrics.requests, metrics.texts, metrics.batches.count, metrics.users]).toEqual([
    TEXTS.length,
    TEXTS.length,
    TEXTS.length,
    1,
  ]);
  const { memory } = await daemon.json<CacheStats>("GET", "/api/cache/stats/");
  expect([memory.entries, memory.misses]).toEqual([TEXTS.length, TEXTS.length]);
  expect(memory.hits).toBe(0);
  await expect.poll(async () => (await report()).candidate.bytes, { timeout: 5000 }).toBeGreaterThan(0);
});

test("cached live answers are compared as well, and calls about other labels are not", async () => {
  const before = (await report()).texts;
  for (const [at, text] of TEXTS.entries())
    expect((await ask({ text })).results[0]).toMatchObject({ label: liveLabels[at], cached: "memory" });
  await ask({ text: TEXTS[0], candidates: ["one", "two"] });
  await ask({ text: TEXTS[0], model: "mood" });
  const { texts } = await whenSeen(2 * TEXTS.length);
  expect(texts.compared - before.compared).toBe(TEXTS.length);
  expect(texts.agreed).toBe(2 * before.agreed);
});

test("under 20 clients nothing fails and no answer is another one; the candidate's death is nobody's matter", async () => {
  const pid = await candidatePid();
  const calls = Array.from({ length: 20 }, async (_, client) => {
    for (let round = 0; round < 30; round++) {
      const at = (client * 31 + round) % TEXTS.length;
      if (client === 0 && round === 10) process.kill(pid!, "SIGKILL");
      const { results } = await ask({ text: TEXTS[at], noCache: true });
      expect(results[0]).toMatchObject({ label: liveLabels[at], cached: false });
    }
  });
  await Promise.all(calls);
  await whenSeen(2 * TEXTS.length + 600);
  await expect.poll(async () => (await report()).state, { timeout: 20_000 }).toBe("comparing");
  expect(await candidatePid()).not.toBe(pid);
  const before = (await report()).texts.compared;
  await ask({ text: TEXTS[0] });
  expect((await whenSeen(2 * TEXTS.length + 601)).texts.compared).toBe(before + 1);
});

test("it ends by hand, with who did it, and its process with it; a model of the repository may be tried by name", async () => {
  const { shadow } = await daemon.json<ShadowReply>("DELETE", PATH);
  expect(shadow).toMatchObject({ state: "ended", reason: "stopped by hand" });
  expect(await candidatePid()).toBeUndefined();
  const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/");
  const byHand = decisions.filter(({ action }) => action === "shadow" || action === "shadow stop");
  expect(byHand.map(({ action, by, detail }) => [action, by, detail]).slice(-3)).toEqual([
    ["shadow", "control socket", `${candidate}, 100% of the texts`],
    ["shadow", "control socket", expect.stringContaining("runs behind default by now")],
    ["shadow stop", "control socket", candidate],
  ]);
  await start({ name: "mood2", model: "mood", share: 1 });
  for (const text of TEXTS) await ask({ text, model: "mood" });
  expect((await whenSeen(TEXTS.length)).texts).toMatchObject({ compared: TEXTS.length, agreed: agreed() });
  await daemon.json("DELETE", "/api/models/mood/");
  await expect.poll(report, { timeout: 5000 }).toMatchObject({ state: "ended", reason: "mood is another model now" });
});

test("one that ended with the daemon is told of", async () => {
  await start({ dir: candidate, share: 0.5 });
  process.kill(daemon.pid, "SIGKILL");
  await daemon.ended;
  daemon = await PrivateDaemon.start({ env: ENV }, daemon.folder);
  expect(await daemon.json("GET", PATH)).toEqual({
    shadow: null,
    lost: { dir: candidate, model: "default", share: 0.5, startedAt: expect.any(String) as string },
  });
  expect(daemon.log).toContain("a shadow ended with the last daemon");
  expect(await daemon.json("DELETE", PATH)).toEqual({ shadow: null, lost: null });
});
