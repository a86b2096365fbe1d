import { readFileSync } from "node:fs";
import { InferenceClient } from "@huggingface/inference";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { CompatCaller, inParts, TEXTS } from "../../support/compat-caller.ts";
import { LISTEN_TOKEN } from "../../support/listening-daemon.ts";
import { writeNliModel } from "../../support/nli-model.ts";
import { Oracle } from "../../support/oracle.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

const CONFIG = new URL("../../../models/shop-intents/config.json", import.meta.url);
const TEXT = TEXTS[0]!;
/** Of the bundled model. */
const LABELS = Object.keys((JSON.parse(readFileSync(CONFIG, "utf8")) as { id2label: object }).id2label).length;

interface Scored {
  readonly label: string;
  readonly score: number;
}

let caller: CompatCaller;
/** The best labels of each text, by our own call. */
let own: (readonly Scored[])[] = [];

beforeAll(async () => {
  requireBuild();
  caller = await CompatCaller.start({ WORKERS: "1", QUEUE_MAX_TEXTS: "30" });
  own = await inParts(TEXTS, async (texts) =>
    (await classify({ texts, topK: LABELS })).map(({ scores = [] }) => scores),
  );
}, 60_000);

afterAll(async () => void (await caller.daemon.stop("SIGKILL")));

const classify = (call: object): Promise<ClassifyReply["results"]> => caller.classify(call);
const posted = <T>(path: string, body: unknown): Promise<T> => caller.posted<T>(path, body);
const refused = (path: string, body: unknown): Promise<readonly [number, unknown]> => caller.refused(path, body);
const got = (path: string): Promise<readonly [number, unknown]> => caller.got(path);

async function withModel(labels: readonly string[], act: (dir: string) => Promise<void>): Promise<void> {
  const dir = writeNliModel(temporaryFolder(), labels);
  await caller.daemon.json("PUT", "/api/model/", { dir });
  try {
    await act(dir);
  } finally {
    await caller.daemon.json("PUT", "/api/model/", { default: true });
  }
}

describe("Hugging Face's own client", () => {
  const client = (name = "default"): InferenceClient =>
    new InferenceClient(LISTEN_TOKEN, { endpointUrl: `${caller.base}/hf/${name}` });

  test("gets for 500 texts what our own call says", async () => {
    const told = await inParts(TEXTS, (some) =>
      Promise.all(some.map((inputs) => client().textClassification({ inputs }))),
    );
    expect(told).toEqual(own);
  });

  test("says how many labels it wants, and by which name of the model", async () => {
    const two = await client("shop-intents").textClassification({ inputs: TEXT, parameters: { top_k: 2 } });
    expect(two).toEqual(own[0]?.slice(0, 2));
  });

  test("with labels of its own", { timeout: 90_000 }, async () => {
    await withModel(["contradiction", "neutral", "entailment"], async () => {
      const labels = ["shipping", "a refund"];
      const call = { text: TEXT, labels, template: "It is {}.", multiLabel: true, topK: 2 };
      const [expected] = await classify(call);
      const parameters = { candidate_labels: labels, hypothesis_template: "It is {}.", multi_label: true };
      expect(await client().zeroShotClassification({ inputs: TEXT, parameters })).toEqual(expected?.scores);
    });
  });

  test("is told of another model, and of what this one does not do", async () => {
    await expect(client("other").textClassification({ inputs: TEXT })).rejects.toMatchObject({
      httpResponse: { status: 404, body: { error: "Model other does not exist" } },
    });
    const parameters = { function_to_apply: "sigmoid" } as const;
    await expect(client().textClassification({ inputs: TEXT, parameters })).rejects.toMatchObject({
      httpResponse: { status: 400, body: { error: expect.stringContaining("function_to_apply") } },
    });
    await expect(
      new InferenceClient("x".repeat(40), { endpointUrl: `${caller.base}/hf/default` }).textClassification({
        inputs: TEXT,
      }),
    ).rejects.toMatchObject({ httpResponse: { status: 401 } });
  });

  test("is shed by a flood with 429 and a Retry-After, and tries each call once", { timeout: 90_000 }, async () => {
    const seen = async (): Promise<number> => {
      const page = (await caller.daemon.ask("GET", "/metrics")).text;
      const counts = page.matchAll(/^combot_compat_requests_total\{protocol="hf",outcome="\dxx"\} (\d+)$/gmu);
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const { workers } = await caller.daemon.json<ProcessStatus>("GET", "/api/process/status/");
    const pid = workers[0]?.pid ?? 0;
    const before = await seen();
    process.kill(pid, "SIGSTOP");
    const calls = Array.from({ length: 120 }, (_, at) =>
      client()
        .textClassification({ inputs: `flood ${at}` })
        .then(
          () => 200,
          (error: { httpResponse?: { status: number } }) => error.httpResponse?.status ?? 0,
        ),
    );
    await expect.poll(async () => (await seen()) - before, { timeout: 20_000 }).toBeGreaterThan(50);
    const shed = await caller.post("/hf/default", { inputs: "one more" });
    expect([shed.status, Number(shed.headers.get("retry-after")) > 0]).toEqual([429, true]);
    process.kill(pid, "SIGCONT");
    const statuses = await Promise.all(calls);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    await expect.poll(async () => (await seen()) - before, { timeout: 20_000 }).toBe(calls.length + 1);
  });
});

test("what huggingface_hub's Python client reads: the first list of labels, or labels beside scores", async () => {
  // Its client isn't run here: its documentation has what it sends, {"inputs", "parameters"} as JSON.
  const [first] = await posted<Scored[][]>("/hf/default", { inputs: TEXT, parameters: { top_k: 3 } });
  expect(first).toEqual(own[0]?.slice(0, 3));
  const lists = await posted<Scored[][]>("/hf/default", { inputs: TEXTS.slice(0, 3) });
  expect(lists).toEqual(own.slice(0, 3));
});

describe("text-embeddings-inference", () => {
  const flipped = (scores: readonly Scored[] = []): object[] => scores.map(({ label, score }) => ({ score, label }));

  test("predict: a text has a flat list, a batch a list of lists, for 500 texts", async () => {
    expect(await posted("/tei/predict", { inputs: TEXT })).toEqual(flipped(own[0]));
    const batch = await inParts(TEXTS, (some) =>
      posted<Scored[][]>("/tei/predict", { inputs: some.map((one) => [one]) }),
    );
    expect(batch).toEqual(own.map(flipped));
  });

  test("info and health", async () => {
    const [status, info] = await got("/tei/info");
    expect(info).toMatchObject({
      model_id: "shop-intents",
      model_type: { classifier: { id2label: expect.anything() } },
    });
    expect([status, await got("/tei/health")]).toEqual([200, [200, ""]]);
  });

  test("refusals have its statuses and types", async () => {
    expect(await refused("/tei/predict", { inputs: [] })).toEqual([
      400,
      { error: "Batch is empty", error_type: "empty" },
    ]);
    expect(await refused("/tei/predict", { inputs: " " })).toEqual([
      422,
      expect.objectContaining({ error_type: "tokenizer" }),
    ]);
    const many = Array.from({ length: 257 }, () => ["a"]);
    expect(await refused("/tei/predict", { inputs: many })).toEqual([
      413,
      expect.objectContaining({ error_type: "validation" }),
    ]);
    expect(await refused("/tei/rerank", { query: "a", texts: ["b"] })).toEqual([
      424,
      expect.objectContaining({ error_type: "backend" }),
    ]);
  });

  test("rerank, and two strings as one pair, with a model of one logit", { timeout: 90_000 }, async () => {
    await withModel(["relevance"], async (dir) => {
      const texts = ["my card is here", "a refund", "where is it"];
      const oracle = await Oracle.open(dir, 64);
      const logits = await Promise.all(texts.map((text) => oracle.logits(TEXT, text)));
      const scores = logits.map(([logit = 0]) => Math.round(1e6 / (1 + Math.exp(-logit))) / 1e6);
      const ranked = scores.map((score, index) => ({ index, score })).toSorted((x, y) => y.score - x.score);
      expect(await posted("/tei/rerank", { query: TEXT, texts })).toEqual(ranked);
      const [first] = ranked;
      expect(await posted("/tei/rerank", { query: TEXT, texts, return_text: true })).toMatchObject([
        { ...first, text: texts[first?.index ?? 0] },
        {},
        {},
      ]);
      expect((await refused("/tei/rerank", { query: TEXT, texts, raw_scores: true }))[0]).toBe(413);
      const pair = await posted<Scored[]>("/tei/predict", { inputs: [TEXT, texts[1]] });
      expect(pair).toEqual([{ score: scores[1], label: "relevance" }]);
    });
  });
});
