import type { Config } from "./config-file.ts";

/** What the cache, a reply and a page of a model's labels can hold. */
const MOST_LABELS = 20_000;
/** As many as the transformers library takes where nobody says. */
const DEFAULT_LABELS = 2;

/**
 * Names of the scores, in their order: id2label's, else label2id's, else LABEL_0, LABEL_1 … as the transformers library
 * names them.
 *
 * @param width scores that the graph gives, where it tells. @throws {Error}
 */
export function labelsOf(config: Config, width: number | undefined): string[] {
  const { id2label, label2id, num_labels: count } = config;
  const named = id2label ?? inverted(label2id);
  const labels = named ? namesIn(named) : numbered(count ?? width ?? DEFAULT_LABELS);
  if (labels.length > MOST_LABELS)
    throw new Error(`it names ${named ? labels.length : (count ?? width)} labels, and ${MOST_LABELS} are the most`);
  return labels;
}

/** Labels that have the same name: the transformers library serves them so, and an answer then names one of them. */
export function repeatedLabels(labels: readonly string[]): string[] {
  const seen = new Set<string>();
  const repeated = labels.filter((label) => seen.size === seen.add(label).size);
  return [...new Set(repeated)];
}

function namesIn(id2label: Readonly<Record<string, string | number>>): string[] {
  const count = Object.keys(id2label).length;
  const labels = Array.from({ length: count }, (_, index) => id2label[String(index)]);
  if (count === 0 || labels.some((label) => label === undefined))
    throw new Error("id2label must name a label or more, numbered from 0");
  return labels.map(String);
}

function inverted(label2id: Config["label2id"]): Record<string, string> | undefined {
  const entries = Object.entries(label2id ?? {});
  if (entries.length === 0) return undefined;
  const id2label = Object.fromEntries(entries.map(([label, id]) => [String(id), label]));
  if (Object.keys(id2label).length < entries.length) throw new Error("label2id gives two labels the same number");
  return id2label;
}

function numbered(count: number): string[] {
  // A number that nobody means must not take the memory that it names.
  return Array.from({ length: Math.min(count, MOST_LABELS + 1) }, (_, index) => `LABEL_${index}`);
}
