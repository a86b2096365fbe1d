import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { Client } from "../../../src/lib/client.ts";
import type { ClassifyReply, SeveralReply } from "../../../src/lib/protocol/classify.ts";
import type { ModelRow, ModelsReply } from "../../../src/lib/protocol/models.ts";
import type { Problem } from "../../../src/lib/protocol/problem.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { writeNamedModel } from "../../support/repository.ts";
import { TRIAL_LABELS, TRIAL_VOCABULARY, weightOf } from "../../support/trial-models.ts";

const folder = mkdtempSync(join(tmpdir(), "combot-asking-"));
const models = join(folder, "models");
const QUEUE_TEXTS = 8;
const PATIENCE = { timeout: 20_000, interval: 50 };
let daemon: PrivateDaemon;

beforeAll(async () => {
  writeNamedModel(join(folder, "own"), "own");
  for (const name of ["mood", "topic", "other"]) writeNamedModel(join(models, name), name);
  // One score, apart from the others' three.
  writeNamedModel(join(models, "rating"), "rating", { labels: 1 });
  writeFileSync(join(models, "topic", "combot.json"), JSON.stringify({ minScore: 0.999 }));
  // One that stands still has one of the two processors, and the others' workers the second.
  writeFileSync(join(models, "other", "combot.json"), JSON.stringify({ workers: 1 }));
  writeFileSync(join(models, "rating", "config.json"), JSON.stringify({ id2label: { 0: "rating:one" } }));
  daemon = await PrivateDaemon.start({
    env: {
      COMBOT_MODEL_DIR: join(folder, "own"),
      COMBOT_MODELS_DIR: models,
      WORKERS: "2",
      QUEUE_MAX_TEXTS: String(QUEUE_TEXTS),
      REQUEST_TIMEOUT: "60",
    },
  });
});

afterAll(async () => {
  await daemon.stop();
  rmSync(folder, { recursive: true, force: true });
});

const classify = <T = SeveralReply>(body: object): Promise<T> => daemon.json("POST", "/api/classify/", body);

async function problemOf(body: object): Promise<Problem> {
  const { status, text } = await daemon.ask("POST", "/api/classify/", body);
  const problem = JSON.parse(text) as Problem;
  expect(problem.status).toBe(status);
  return problem;
}

async function rowOf(name: string): Promise<ModelRow> {
  const { models: rows } = await daemon.json<ModelsReply>("GET", "/api/models/");
  return rows.find((row) => row.name === name)!;
}

/** The first label and its score: a row of the table for each token, added up, and a softmax over the sums. */
function byHand(text: string, name: string): { label: string; score: number } {
  const tokens = ["[CLS]", ...text.split(" "), "[SEP]"].map((token) => TRIAL_VOCABULARY.indexOf(token));
  const powers = TRIAL_LABELS.map((_, label) =>
    Math.exp(tokens.reduce((sum, token) => sum + weightOf(token, label), 0)),
  );
  const best = powers.indexOf(Math.max(...powers));
  const score = powers[best]! / powers.reduce((sum, power) => sum + power);
  return { label: `${name}:${TRIAL_LABELS[best]}`, score: expect.closeTo(score, 5) as number };
}

test("each model says of each text what it would say alone, by its own combot.json", async () => {
  const texts = ["is my order ok", "send back the shoes", "pay with two cards"];
  const reply = await classify({ texts, models: ["mood", "default", "topic"] });
  expect(reply.results.map(({ byModel }) => byModel)).toEqual(
    texts.map((text) => ({
      mood: { ...byHand(text, "mood"), cached: false },
      default: { ...byHand(text, "own"), cached: false },
      topic: { ...byHand(text, "topic"), cached: false, decision: "unsure", margin: expect.any(Number) as number },
    })),
  );
  expect(Object.entries(reply.models).map(([name, model]) => [name, model.name])).toEqual([
    ["mood", "mood"],
    ["default", "own"],
    ["topic", "topic"],
  ]);
  const alone = await classify<ClassifyReply>({ texts, model: "topic" });
  expect(reply.results.map(({ byModel }) => ({ ...byModel["topic"], cached: "memory" }))).toEqual(alone.results);
});

test("each part is a cache entry of its own, and a cached one is given for a model that is not loaded", async () => {
  await classify({ text: "where are you", model: "mood" });
  const first = await classify({ text: "where are you", models: ["mood", "topic"] });
  expect(first.results[0]!.byModel).toMatchObject({ mood: { cached: "memory" }, topic: { cached: false } });
  for (const name of ["mood", "topic"]) await daemon.json("POST", `/api/models/${name}/unload/?wait=true`);
  const before = await Promise.all(["mood", "topic"].map(rowOf));
  const again = await classify({ text: "where are you", models: ["topic", "mood"] });
  expect(again.results[0]!.byModel).toMatchObject({ mood: { cached: "memory" }, topic: { cached: "memory" } });
  expect(Object.keys(again.results[0]!.byModel)).toEqual(["topic", "mood"]);
  const after = await Promise.all(["mood", "topic"].map(rowOf));
  expect(after.map(({ state, loads }) => [state, loads])).toEqual(before.map(({ loads }) => ["unloaded", loads]));
});

test.each([
  [{ text: "a", model: "mood", models: ["topic"] }, "INVALID_REQUEST", "models: give either model or models"],
  [{ text: "a", models: ["mood", "topic", "mood"] }, "INVALID_REQUEST", "models[2]: is there already"],
  [{ text: "a", models: [] }, "INVALID_REQUEST", /^models: /],
  [{ text: "a", models: ["mood", "No"] }, "INVALID_REQUEST", /^models\[1\]: a name of a model/],
  [{ text: "a", models: "mood" }, "INVALID_REQUEST", /^models: /],
  [{ text: "a", models: Array(17).fill("mood") }, "INVALID_REQUEST", "models: at most 16, not 17"],
  [{ text: "a", partial: true }, "INVALID_REQUEST", "partial: goes with models"],
  [{ text: "a", model: "mood", partial: true }, "INVALID_REQUEST", "partial: goes with models"],
  [
    { texts: Array(256).fill("a"), models: ["default", "mood", "topic", "other", "rating"] },
    "INVALID_REQUEST",
    "models: 256 texts × 5 models make 1280, at most 1024 a call",
  ],
  [
    { texts: Array(100).fill("a"), models: ["mood", "topic"], labels: ["a", "b", "c", "d", "e", "f"] },
    "INVALID_REQUEST",
    "models: 100 texts × 2 models × 6 labels make 1200, at most 1024 a call",
  ],
  [{ text: "a", models: ["mood", "moods"] }, "MODEL_UNKNOWN", /^there is no model "moods"; there are mood, other/],
  [{ text: "a", models: ["mood", "moods"], partial: true }, "MODEL_UNKNOWN", /"moods"/],
  [
    { text: "a", models: ["mood", "rating"], topK: 2 },
    "INVALID_REQUEST",
    "rating: topK: at most 1, the number of labels",
  ],
  [{ text: "a", models: ["mood", "topic"], labels: ["x"] }, "ZERO_SHOT_UNSUPPORTED", /^mood: /],
  [{ text: "a", models: ["mood", "topic"], labels: ["x"], partial: true }, "ZERO_SHOT_UNSUPPORTED", /^mood: /],
  [
    { text: "a", models: ["mood", "topic"], candidates: ["topic:one"] },
    "INVALID_REQUEST",
    'mood: candidates: there is no label "topic:one"',
  ],
  [{ text: "a", models: ["mood", "rating"], minMargin: 0.1 }, "INVALID_REQUEST", /^rating: minMargin: /],
  [{ texts: ["a", " "], models: ["mood", "topic"] }, "INVALID_TEXT", /^text 1/],
])("%j is refused as %s", async (body, code, detail) => {
  const problem = await problemOf(body);
  expect(problem).toMatchObject({ code, detail: typeof detail === "string" ? detail : expect.stringMatching(detail) });
  expect(problem.status).toBeGreaterThanOrEqual(400);
  expect(problem.status).toBeLessThan(500);
});

test("the typed client tells the one kind of call from the other", async () => {
  const client = new Client({ path: daemon.socketPath, controlPath: daemon.controlPath });
  const several = await client.call("classify", { body: { text: "hello", models: ["mood", "topic"] } });
  const said = several.results[0]!.byModel["mood"]!;
  expect("label" in said && said.label).toMatch(/^mood:/);
  const one = await client.call("classify", { body: { text: "hello", model: "topic" } });
  expect(one.results[0]!.label).toMatch(/^topic:/);
  client.close();
});

/** While the workers of a model stand still; they would count as hung after a third of REQUEST_TIMEOUT. */
async function stuck(name: string, run: () => Promise<void>): Promise<void> {
  await daemon.json("POST", `/api/models/${name}/load/?wait=true`);
  const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
  const pids = workers.flatMap(({ pid, model }) => (pid !== null && model === name ? [pid] : []));
  expect(pids).toHaveLength(1);
  for (const pid of pids) signal(pid, "SIGSTOP");
  try {
    await run();
  } finally {
    for (const pid of pids) signal(pid, "SIGCONT");
  }
}

/** @returns whether there is such a process. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Texts that workers of a model have been given. */
async function readBy(name: string): Promise<number> {
  const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
  return workers.filter(({ model }) => model === name).reduce((sum, { requests }) => sum + requests, 0);
}

const fill = (model: string, texts: number): Promise<{ status: number }> =>
  daemon.ask("POST", "/api/classify/", { texts: Array(texts).fill("hello"), model, noCache: true });

test("a call comes into all queues or into none; with partial what keeps one out stands in its place", async () => {
  const fills: Promise<unknown>[] = [];
  await stuck("other", async () => {
    // Until there is no room: what a worker has taken does not wait.
    await vi.waitFor(async () => {
      fills.push(fill("other", QUEUE_TEXTS));
      expect((await rowOf("other")).waiting).toBe(QUEUE_TEXTS);
    }, PATIENCE);
    const text = "what are your hours";
    const [refused, joined] = await Promise.all([
      problemOf({ text, models: ["mood", "other"] }),
      // The same text of the model that is not full: whoever else asks it is answered.
      classify<ClassifyReply>({ text, model: "mood", noCache: false }),
    ]);
    expect(refused).toMatchObject({
      code: "QUEUE_FULL",
      status: 503,
      detail: `other: ${QUEUE_TEXTS} of ${QUEUE_TEXTS} texts wait (QUEUE_MAX_TEXTS), 1 more don't fit`,
    });
    expect(joined.results[0]).toMatchObject(byHand(text, "mood"));

    const again = "would like to pay";
    await daemon.json("POST", "/api/models/topic/load/?wait=true");
    const before = await readBy("topic");
    for (let times = 0; times < 5; times += 1)
      expect((await problemOf({ text: again, models: ["topic", "other"] })).code).toBe("QUEUE_FULL");
    await classify({ text: "on hours", model: "topic" });
    expect((await readBy("topic")) - before).toBe(1);
    const untouched = await classify({ text: again, models: ["topic", "default"] });
    expect(Object.values(untouched.results[0]!.byModel).map((said) => "cached" in said && said.cached)).toEqual([
      false,
      false,
    ]);

    const { results, models: answered } = await classify({ text: again, models: ["other", "topic"], partial: true });
    expect(results).toEqual([
      {
        byModel: {
          other: {
            type: "urn:combot:error:QUEUE_FULL",
            title: expect.any(String) as string,
            status: 503,
            detail: expect.stringMatching(/^other: 8 of 8 texts wait/) as string,
            code: "QUEUE_FULL",
          },
          topic: expect.objectContaining({ ...byHand(again, "topic"), cached: "memory" }) as object,
        },
      },
    ]);
    expect(Object.keys(answered)).toEqual(["topic"]);
    // Where none can answer, there is nothing to give.
    expect((await problemOf({ text: again, models: ["other"], partial: true })).code).toBe("QUEUE_FULL");
  });
  await Promise.all(fills);
}, 60_000);

test("a client that goes takes the parts for all models along", async () => {
  const client = new Client({ path: daemon.socketPath, controlPath: daemon.controlPath });
  await stuck("other", async () => {
    const gone = new AbortController();
    const texts = Array(4).fill("send two cards back") as string[];
    const body = { texts, models: ["mood", "other"], noCache: true };
    const calls = [1, 2].map(() => client.call("classify", { body, signal: gone.signal }).catch(() => "gone"));
    await vi.waitFor(async () => expect((await rowOf("other")).waiting).toBeGreaterThan(0), PATIENCE);
    gone.abort();
    expect(await Promise.all(calls)).toEqual(["gone", "gone"]);
    await vi.waitFor(async () => expect((await rowOf("other")).waiting).toBe(0), PATIENCE);
  });
  client.close();
}, 60_000);

test("what counts by model is on the Prometheus page, by the names that there are", async () => {
  const page = async (): Promise<ReadonlyMap<string, number>> => {
    const { text } = await daemon.ask("GET", "/metrics");
    const lines = text.split("\n").filter((line) => line.startsWith("combot_model_") && line.includes("{model="));
    return new Map(lines.map((line) => [line.split(" ")[0]!, Number(line.split(" ")[1])]));
  };
  const before = await page();
  await classify({ texts: ["ok", "can shoes pay"], models: ["mood", "rating"], noCache: true });
  await classify({ text: "can shoes pay", models: ["rating"] });
  await classify({ text: "can shoes pay", models: ["rating"] });
  // The page is the same for all who ask at about the same time.
  await vi.waitFor(async () => {
    const after = await page();
    const grown = (name: string, model: string): number => {
      const series = `combot_model_${name}{model="${model}"}`;
      return after.get(series)! - before.get(series)!;
    };
    expect(grown("requests_total", "mood")).toBe(1);
    expect(grown("texts_total", "mood")).toBe(2);
    expect(grown("requests_total", "rating")).toBe(3);
    expect(grown("texts_total", "rating")).toBe(4);
    expect(grown("cached_texts_total", "rating")).toBe(1);
    expect(grown("texts_total", "topic")).toBe(0);
    expect(grown("failures_total", "mood")).toBe(0);
    expect(after.get('combot_model_failures_total{model="other"}')).toBeGreaterThan(0);
    expect(after.get('combot_model_loads_total{model="mood"}')).toBeGreaterThan(0);
    expect(after.get('combot_model_memory_bytes{model="mood"}')).toBeGreaterThan(0);
    const names = [...after.keys()].map((series) => series.split('"')[1]);
    expect(new Set(names)).toEqual(new Set(["default", "mood", "other", "rating", "topic"]));
  }, PATIENCE);
}, 60_000);
