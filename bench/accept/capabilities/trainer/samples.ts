import { join } from "node:path";
import { readExamples } from "../../../../scripts/model/csv.ts";
import type { Example } from "../../../../scripts/model/csv.ts";
import { createRandom, shuffled } from "../../../../src/lib/random.ts";

export interface LabelledData {
  readonly train: readonly Example[];
  readonly test: readonly Example[];
}

/** The folder with train.csv and test.csv is the measurer's: the public data is not part of combot. */
export function publicData(): LabelledData {
  const folder = process.env["TRAINER_DATA"];
  if (folder === undefined)
    throw new Error("set TRAINER_DATA to a folder with train.csv and test.csv (text, label), such as banking77");
  return { train: readExamples(join(folder, "train.csv")), test: readExamples(join(folder, "test.csv")) };
}

/** So many random texts of each label; the same ones for the same seed. */
export function drawPerLabel(examples: readonly Example[], count: number, seed: number): Example[] {
  const random = createRandom(seed);
  const byLabel = Map.groupBy(examples, ({ label }) => label);
  return [...byLabel.keys()].toSorted().flatMap((label) => shuffled(byLabel.get(label) ?? [], random).slice(0, count));
}

/** Leaves every `nth` label out. */
export function withoutEvery(examples: readonly Example[], nth: number): Example[] {
  const labels = [...new Set(examples.map(({ label }) => label))].toSorted();
  const left = new Set(labels.filter((_label, at) => at % nth === nth - 1));
  return examples.filter(({ label }) => !left.has(label));
}
