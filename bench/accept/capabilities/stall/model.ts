import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeFolder } from "../../../model/folder.ts";
import { FAMILIES } from "../../../tokenizers/families.ts";

/** Wide enough for what the largest of the vocabularies has. */
const VOCABULARY = 24_000;
const SPEC = {
  type: "distilbert",
  hidden: 32,
  layers: 1,
  heads: 2,
  intermediate: 64,
  positions: 512,
  labels: 8,
  int8: false,
  idleNodes: 0,
} as const;

/** A model that answers at once, behind a tokenizer of the family: what is measured comes before it. */
export function writeModel(dir: string, family: string): void {
  writeFolder(dir, { ...SPEC, vocab: VOCABULARY, seed: 1 }, false, () => undefined);
  writeFileSync(join(dir, "tokenizer.json"), JSON.stringify(FAMILIES[family]!()));
}
