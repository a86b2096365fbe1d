import type { Figures } from "../evaluation/evaluate.ts";
import type { Interval } from "../protocol/model-eval.ts";

export interface CardFacts {
  readonly name: string;
  /** Without its folder: the card goes where the model goes. Undefined where all rows are of the inbox. */
  readonly file: string | undefined;
  /** Of the file, and of the inbox's rows behind it. */
  readonly sha256: string;
  readonly isFromInbox: boolean;
  readonly version: string;
  readonly seed: number;
  readonly epochs: number;
  readonly lexicon?: string | undefined;
  /** Texts of each. */
  readonly labels: readonly number[];
  readonly unseen: Figures;
}

const COVERAGE_SHOWN = [0.3, 0.5, 0.7, 0.9];
const MOST_CONFUSIONS = 20;

/** Without texts: they may be somebody's. Without a date: the same training gives the same bytes. */
export function renderCard(facts: CardFacts): string {
  return `${[head(facts), data(facts), method(facts), measured(facts), limits(), rebuild(facts)].join("\n\n")}\n`;
}

function head({ name, version, labels }: CardFacts): string {
  return `# ${inline(name)}

A text classifier with ${labels.length} labels, made by \`combot model train\` (version ${version}); no pretrained parts.`;
}

function data({ file, sha256, isFromInbox, labels }: CardFacts): string {
  const sorted = labels.toSorted((a, b) => a - b);
  const texts = labels.reduce((sum, count) => sum + count, 0);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `## Data

${sourceOf(file, isFromInbox)}, SHA-256 \`${sha256}\`: ${texts} texts, ${sorted[0] ?? 0} to ${sorted.at(-1) ?? 0} for each label (median ${median}).`;
}

function sourceOf(file: string | undefined, isFromInbox: boolean): string {
  const sources = [
    ...(file === undefined ? [] : [`\`${inline(file)}\``]),
    ...(isFromInbox ? ["labelled texts of an inbox"] : []),
  ];
  return sources.join(" and ");
}

function method({ epochs, lexicon }: CardFacts): string {
  const words = { undefined: "those of everyday English", none: "none" }[lexicon ?? "undefined"] ?? "a file's";
  return `## Method

Linear over tokens (WordPiece, lower case, 256 at most), runs of characters in them, themes of words (${words}) and pairs of
neighbours, each weighed by its rarity: two classifiers, by dual ascent and by ${epochs} passes of AdaGrad with slips of the
keyboard, blended, and their logits divided by a fitted temperature.`;
}

function measured({ unseen }: CardFacts): string {
  const { texts, accuracy, interval, macroF1, calibration, coverage, labels, confusions } = unseen;
  const points = coverage.filter(({ score }) => COVERAGE_SHOWN.includes(score));
  return `## Measured on texts left out

${texts} texts, each scored by a model of the same kind that was trained on the other parts of the data. Accuracy
**${share(accuracy)}** (95% ${between(interval)}), mean F1 of the labels ${share(macroF1)}, mean score ${share(calibration.meanScore)}, expected
calibration error ${share(calibration.error)}. The model itself was trained on all texts: \`combot model eval\` measures it on others.

| answered from a score of | share of the texts | accuracy of those |
| ---: | ---: | ---: |
${points.map((point) => `| ${point.score} | ${share(point.answered)} | ${share(point.accuracy)} |`).join("\n")}

| label | texts | precision | recall | 95% |
| --- | ---: | ---: | ---: | ---: |
${labels.map((one) => `| ${cell(one.label)} | ${one.texts} | ${share(one.precision)} | ${share(one.recall)} | ${one.recallInterval ? between(one.recallInterval) : "-"} |`).join("\n")}

${confusions.length === 0 ? "Nothing was taken for anything else." : confused(confusions)}`;
}

function confused(confusions: Figures["confusions"]): string {
  const rows = confusions.slice(0, MOST_CONFUSIONS);
  return `| is | taken for | times |
| --- | --- | ---: |
${rows.map(({ expected, predicted, count }) => `| ${cell(expected)} | ${cell(predicted)} | ${count} |`).join("\n")}`;
}

function limits(): string {
  return `## Limits

- It knows words, not meaning: wordings far from the training texts are the usual reason for an error.
- One label a text.
- Texts left out come from the same hands as those trained on: expect less of other people's, and measure it on them.`;
}

function rebuild({ file, isFromInbox, seed, epochs, name, lexicon }: CardFacts): string {
  const rows = [...(file === undefined ? [] : [` ${inline(file)}`]), ...(isFromInbox ? [" --from-inbox"] : [])].join(
    "",
  );
  const own = lexicon === undefined ? "" : ` --lexicon ${inline(lexicon)}`;
  return `## Rebuild

\`\`\`
combot model train${rows} --out DIR --name ${inline(name)} --seed ${seed} --epochs ${epochs}${own}
\`\`\`

The same rows, seed and version give the same bytes.`;
}

function share(value: number | null): string {
  return value === null ? "-" : value.toFixed(3);
}

function between([low, high]: Interval): string {
  return `${share(low)} to ${share(high)}`;
}

function cell(text: string): string {
  return inline(text).replaceAll("|", String.raw`\|`);
}

function inline(text: string): string {
  return text.replaceAll(/[\s\p{Cc}`]+/gu, " ");
}
