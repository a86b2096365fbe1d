import { readFileSync, writeFileSync } from "node:fs";
import { Tokenizer } from "tokenizers";
import type { JsEncoding } from "tokenizers";
import type { Job, Outcome, Setting } from "./job.ts";

// The library by itself, on the texts as they are, with its own truncation: what combot's encoder is held against.
// Usage: node library-process.ts TOKENIZER_JSON JOBS_JSON OUTCOMES_JSON

const [tokenizerPath = "", jobsPath = "", outcomesPath = ""] = process.argv.slice(2);
const { setting, jobs } = JSON.parse(readFileSync(jobsPath, "utf8")) as { setting: Setting; jobs: readonly Job[] };

const [tokenizer, whole] = [Tokenizer.fromFile(tokenizerPath), Tokenizer.fromFile(tokenizerPath)];
tokenizer.setTruncation(setting.windowTokens, { direction: setting.side });

const outcomes: Outcome[] = [];
for (const { text, pair } of jobs) {
  const { length } = (await whole.encode(text, pair ?? null)).getIds();
  outcomes.push(outcomeOf(await tokenizer.encode(text, pair ?? null), length));
}
writeFileSync(outcomesPath, JSON.stringify(outcomes));

/** What is cut off is not told by the library where it stops before it has all the tokens. */
function outcomeOf(encoding: JsEncoding, wholeLength: number): Outcome {
  return [encoding.getIds(), encoding.getTypeIds(), wholeLength > setting.windowTokens];
}
