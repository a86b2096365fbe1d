import { describe, expect, test } from "vitest";
import { LineClassifier } from "../../../src/lib/cli/line-classifier.ts";
import { CombotError, type ErrorDetails } from "../../../src/lib/errors.ts";
import type { ErrorCode } from "../../../src/lib/error-table.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { LineEntry } from "../../../src/lib/render/classification.ts";

type Call = (texts: readonly string[]) => Promise<ClassifyReply>;

function replyTo(texts: readonly string[]): ClassifyReply {
  const results = texts.map((label) => ({ label, score: 1, cached: false as const }));
  return { results, model: { name: "echo", digest: "0" }, durationMs: 0 };
}

/** What became of each line: its label or the code of its failure. */
async function fates(call: Call, lines: readonly string[]): Promise<readonly string[]> {
  const classifier = new LineClassifier({ call, lineUnits: 100, signal: AbortSignal.timeout(10_000) });
  const entries = await classifier.classify(lines);
  return entries.map((entry: LineEntry) => ("error" in entry ? entry.error.code : "label" in entry ? entry.label : ""));
}

function refuse(code: ErrorCode, details: ErrorDetails = {}): never {
  throw new CombotError(code, "refused", details);
}

describe("LineClassifier", () => {
  test("a bad line costs nobody but itself", async () => {
    const sent: (readonly string[])[] = [];
    const call: Call = async (texts) => {
      sent.push(texts);
      const index = texts.findIndex((text) => text.startsWith("bad"));
      return index >= 0 ? refuse("POISON_TEXT", { index }) : replyTo(texts);
    };
    const lines = ["a", "bad 1", "", "b", "bad 2", "x".repeat(101), "\0"];
    expect(await fates(call, lines)).toEqual([
      "a",
      "POISON_TEXT",
      "INVALID_TEXT",
      "b",
      "POISON_TEXT",
      "BODY_TOO_LARGE",
      "INVALID_TEXT",
    ]);
    expect(sent).toEqual([
      ["a", "bad 1", "b", "bad 2"],
      ["a", "b", "bad 2"],
      ["a", "b"],
    ]);
  });

  test("lines that fail together without an index all fail", async () => {
    expect(await fates(async () => refuse("DEADLINE_EXCEEDED"), ["a", "b"])).toEqual([
      "DEADLINE_EXCEEDED",
      "DEADLINE_EXCEEDED",
    ]);
  });

  test("an index that is none of theirs does not make it go on for ever", async () => {
    expect(await fates(async () => refuse("INVALID_TEXT", { index: 7 }), ["a"])).toEqual(["INVALID_TEXT"]);
  });

  test.each(["QUEUE_FULL", "SHUTTING_DOWN"] as const)("%s is waited out", async (code) => {
    let refusals = 2;
    const call: Call = async (texts) => (refusals-- > 0 ? refuse(code, { retryAfterSeconds: 0 }) : replyTo(texts));
    expect(await fates(call, ["a"])).toEqual(["a"]);
  });

  test("what is the matter with the daemon ends it", async () => {
    await expect(fates(async () => refuse("MODEL_UNAVAILABLE"), ["a"])).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
    });
    await expect(fates(async () => replyTo([]), ["a"])).rejects.toMatchObject({ code: "REPLY_INVALID" });
  });

  test("makes no call for lines that need none", async () => {
    expect(await fates(() => Promise.reject(new Error("called")), ["", " \t"])).toEqual([
      "INVALID_TEXT",
      "INVALID_TEXT",
    ]);
  });
});
