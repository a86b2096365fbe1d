import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Oracle, shares } from "../../../../../test/support/oracle.ts";

// Usage: oracle-process.ts TEXTS OUT DIR. What the model of DIR answers to each of the texts, by its own file and tokenizer.

const [texts = "", out = "", dir = ""] = process.argv.slice(2);
const { id2label } = JSON.parse(readFileSync(join(dir, "config.json"), "utf8")) as { id2label: Record<string, string> };
const oracle = await Oracle.open(dir);
const answers: Record<string, readonly [label: string, score: number]> = {};
for (const text of JSON.parse(readFileSync(texts, "utf8")) as string[]) {
  const scores = shares(await oracle.logits(text));
  const best = scores.indexOf(Math.max(...scores));
  answers[text] = [id2label[String(best)] ?? "", scores[best] ?? 0];
}
writeFileSync(out, JSON.stringify(answers));
