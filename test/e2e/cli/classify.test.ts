import { beforeAll, describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import type { ClassifyRequest } from "../../../src/lib/protocol/classify.ts";
import { problemOf } from "../../../src/lib/protocol/problem.ts";
import { requireBuild, runCli } from "./cli-process.ts";
import { type Asked, startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

const scores = [
  { label: "greeting", score: 0.9 },
  { label: "farewell", score: 0.1 },
];

/** Two labels, as many of them as were asked for. */
function twoLabels({ body }: Asked) {
  const { texts = [], topK = 1 } = body as ClassifyRequest;
  const result = { ...scores[0], cached: false, ...(topK > 1 && { scores: scores.slice(0, topK) }) };
  const results = texts.map(() => result);
  return { status: 200, body: { results, model: { name: "intents", digest: "3f9a01c2b7de" }, durationMs: 4.2 } };
}

/** The same of each model; one is gone. */
function severalSay(asked: Asked) {
  const { models } = asked.body as ClassifyRequest;
  const reply = twoLabels(asked);
  if (!models) return reply;
  const gone = problemOf(new CombotError("MODEL_UNAVAILABLE", "gone: it is gone"));
  const results = reply.body.results.map((result) => ({
    byModel: Object.fromEntries(models.map((name) => [name, name === "gone" ? gone : result])),
  }));
  const { model, durationMs } = reply.body;
  return {
    status: 200,
    body: { results, models: Object.fromEntries(models.map((name) => [name, model])), durationMs },
  };
}

describe("classify", () => {
  test("prints a line for each text", async () => {
    const { socket, calls } = await startFakeDaemon({ classify: twoLabels });
    const { status, stdout, stderr } = await runCli(["classify", "hello", "good day", "--socket", socket]);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: "greeting\t0.9000\ngreeting\t0.9000\n",
      stderr: "",
    });
    expect(calls.map(({ body }) => body)).toEqual([{ texts: ["hello", "good day"] }]);
  });

  test("hands its flags on", async () => {
    const { socket, calls } = await startFakeDaemon({ classify: twoLabels });
    const flags = ["--top-k", "2", "--user", "ann", "--no-cache", "--socket", socket];
    const { stdout } = await runCli(["classify", ...flags, "hello"]);
    expect(stdout).toBe("greeting\t0.9000\tfarewell\t0.1000\n");
    expect(calls[0]?.body).toEqual({ texts: ["hello"], user: "ann", topK: 2, noCache: true });
  });

  test("hands labels of one's own on, and a second text", async () => {
    const { socket, calls } = await startFakeDaemon({ classify: twoLabels });
    const own = ["--labels", "a, b,c", "--template", "It is {}.", "--multi-label"];
    await runCli(["classify", ...own, "hello", "bye", "--socket", socket]);
    await runCli(["classify", "hello", "--pair", "good day", "--socket", socket]);
    expect(calls.map(({ body }) => body)).toEqual([
      { texts: ["hello", "bye"], labels: ["a", "b", "c"], template: "It is {}.", multiLabel: true },
      { texts: [{ text: "hello", textPair: "good day" }] },
    ]);
  });

  test.each([
    [["--labels", "a,,b", "hello"], /one of them is empty/],
    [["--partial", "hello"], /--partial/],
    [["--partial", "--model", "mood", "hello"], /--partial goes with --model given more than once/],
    [["--template", "{}", "hello"], /labels/],
    [["--labels", "a", "--pair", "b", "hello"], /pair/],
    [["--pair", "b", "hello", "bye"], /--pair goes with one text/],
    [["--pair", "b", "-"], /give --pairs/],
    [["--pairs", "hello"], /--pairs goes with -/],
  ])("%j is wrong usage", async (args, reason) => {
    const { socket, calls } = await startFakeDaemon();
    const { status, stderr } = await runCli(["classify", ...args, "--socket", socket]);
    expect({ status, calls }).toEqual({ status: 2, calls: [] });
    expect(stderr).toMatch(reason);
  });

  test("asks several models at once, and tells a line of each", async () => {
    const { socket, calls } = await startFakeDaemon({ classify: severalSay });
    const asked = ["--model", "mood", "--model", "topic", "--socket", socket];
    const { status, stdout } = await runCli(["classify", ...asked, "hello", "bye", "--top-k", "2"]);
    const one = "greeting\t0.9000\tfarewell\t0.1000";
    expect(stdout).toBe(`mood\t${one}\ntopic\t${one}\nmood\t${one}\ntopic\t${one}\n`);
    expect(status).toBe(0);
    expect(calls[0]?.body).toEqual({ texts: ["hello", "bye"], models: ["mood", "topic"], topK: 2 });
    await runCli(["classify", "--model", "mood", "hello", "--socket", socket]);
    expect(calls[1]?.body).toEqual({ texts: ["hello"], model: "mood" });
  });

  test("tells what one of several models could not answer, and ends with 4", async () => {
    const { socket, calls } = await startFakeDaemon({ classify: severalSay });
    const asked = ["--model", "mood", "--model", "gone", "--partial", "--socket", socket];
    const told = await runCli(["classify", ...asked, "hello"]);
    expect(told).toMatchObject({
      status: 4,
      stdout: "mood\tgreeting\t0.9000\ngone\t!MODEL_UNAVAILABLE\tgone: it is gone\n",
    });
    expect(calls[0]?.body).toEqual({ texts: ["hello"], models: ["mood", "gone"], partial: true });
    const lines = await runCli(["classify", ...asked, "-"], { input: "hello\n\nbye\n" });
    expect(lines).toMatchObject({
      status: 4,
      stdout: [
        "mood\tgreeting\t0.9000\ngone\t!MODEL_UNAVAILABLE\tgone: it is gone\n",
        "mood\t!INVALID_TEXT\tThe line is empty.\ngone\t!INVALID_TEXT\tThe line is empty.\n",
        "mood\tgreeting\t0.9000\ngone\t!MODEL_UNAVAILABLE\tgone: it is gone\n",
      ].join(""),
      stderr: "3 of 3 lines failed.\n",
    });
    const json = await runCli(["classify", ...asked, "-", "--json"], { input: "hello\n" });
    expect(JSON.parse(json.stdout)).toMatchObject({
      byModel: { mood: { label: "greeting" }, gone: { code: "MODEL_UNAVAILABLE" } },
    });
  });

  test("takes the socket from the environment", async () => {
    const { socket } = await startFakeDaemon({ classify: twoLabels });
    const { status } = await runCli(["classify", "hello"], { env: { COMBOT_SOCKET: socket } });
    expect(status).toBe(0);
  });

  test("prints one document under --json", async () => {
    const { socket } = await startFakeDaemon({ classify: twoLabels });
    const { stdout } = await runCli(["classify", "--json", "--top-k", "2", "hello", "--socket", socket]);
    expect(JSON.parse(stdout)).toMatchSnapshot();
  });

  test("text that looks like a flag goes behind --", async () => {
    const { socket, calls } = await startFakeDaemon();
    const { stdout } = await runCli(["classify", "--socket", socket, "--", "--json", "-"]);
    expect(stdout).toBe("");
    expect(calls).toEqual([]);
  });

  test.each([
    [[], "Give a text"],
    [["-", "hello"], "takes no texts beside it"],
    [["--top-k", "0", "hello"], "--top-k"],
    [["--nope", "hello"], "--nope"],
  ])("refuses %j with 2", async (args, told) => {
    const { status, stdout, stderr } = await runCli(["classify", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(told);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    ["INVALID_TEXT", 2],
    ["QUEUE_FULL", 4],
    ["POISON_TEXT", 4],
    ["DEADLINE_EXCEEDED", 5],
    ["INTERNAL", 1],
  ] as const)("ends after the problem %s with %d", async (code, exit) => {
    const { socket, calls } = await startFakeDaemon({
      classify: () => {
        throw new CombotError(code, "this and that", { index: 1, retryAfterSeconds: 7 });
      },
    });
    const asText = await runCli(["classify", "a", "b", "--socket", socket]);
    const asJson = await runCli(["classify", "a", "b", "--json", "--socket", socket]);
    expect(asText).toMatchObject({ status: exit, stdout: "" });
    expect(asText.stderr).toMatch(new RegExp(`^Error: .*: this and that \\[${code}\\]\n.+\n$`));
    expect(asJson).toMatchObject({ status: exit, stderr: "" });
    expect(JSON.parse(asJson.stdout)).toEqual({
      error: { code, title: expect.any(String), detail: "this and that", help: expect.any(String), index: 1 },
    });
    expect(calls, "once each: no status is tried again").toHaveLength(2);
  });
});
