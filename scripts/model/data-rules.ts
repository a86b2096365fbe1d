import type { Example } from "./csv.ts";

export interface DataLimits {
  readonly trainPerLabel: number;
  readonly testPerLabel: number;
  /** Largest overlap of character trigrams a held-out text may have with any training text. */
  readonly jaccard: number;
}

export const shopLimits: DataLimits = { trainPerLabel: 80, testPerLabel: 20, jaccard: 0.5 };

/** Everything wrong with a train and test pair, one sentence each; empty when it keeps the rules. */
export function findProblems(
  train: readonly Example[],
  test: readonly Example[],
  limits: DataLimits = shopLimits,
): string[] {
  return [
    ...findDuplicates(train, "train"),
    ...findDuplicates(test, "test"),
    ...findThinLabels(train, test, limits),
    ...findLeaks(train, test, limits.jaccard),
  ];
}

export function countLabels(examples: readonly Example[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

function findDuplicates(examples: readonly Example[], file: string): string[] {
  const seen = new Map<string, Example>();
  const problems: string[] = [];
  for (const example of examples) {
    const key = example.text.toLowerCase().replace(/\s+/g, " ").trim();
    const first = seen.get(key);
    if (first) problems.push(`${file}: "${example.text}" (${example.label}) is there already (${first.label})`);
    else seen.set(key, example);
  }
  return problems;
}

function findThinLabels(train: readonly Example[], test: readonly Example[], limits: DataLimits): string[] {
  const inTrain = countLabels(train);
  const inTest = countLabels(test);
  return [...new Set([...inTrain.keys(), ...inTest.keys()])].toSorted().flatMap((label) => {
    const [trained = 0, held = 0] = [inTrain.get(label), inTest.get(label)];
    const thin: string[] = [];
    if (trained < limits.trainPerLabel)
      thin.push(`train: ${label} has ${trained} texts, ${limits.trainPerLabel} wanted`);
    if (held < limits.testPerLabel) thin.push(`test: ${label} has ${held} texts, ${limits.testPerLabel} wanted`);
    return thin;
  });
}

/** Held-out texts too like a training text to measure anything with. */
function findLeaks(train: readonly Example[], test: readonly Example[], limit: number): string[] {
  const trained = train.map((example) => ({ example, grams: trigrams(example.text) }));
  return test.flatMap((held) => {
    const grams = trigrams(held.text);
    return trained
      .filter((other) => jaccard(grams, other.grams) > limit)
      .map(({ example, grams: others }) => {
        const overlap = jaccard(grams, others).toFixed(2);
        return `test: "${held.text}" (${held.label}) overlaps ${overlap} with train: "${example.text}" (${example.label})`;
      });
  });
}

function trigrams(text: string): Set<string> {
  const characters = Array.from(text.toLowerCase());
  if (characters.length < 3) return new Set([characters.join("")]);
  return new Set(characters.slice(2).map((_, i) => characters.slice(i, i + 3).join("")));
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = a.intersection(b).size;
  return shared / (a.size + b.size - shared);
}
