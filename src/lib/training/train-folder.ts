import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { CombotError } from "../errors.ts";
import { takeWhatOthersLeave } from "../own-priority.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { Figures } from "../evaluation/evaluate.ts";
import { readRows } from "../evaluation/rows.ts";
import type { Scored } from "../evaluation/scored.ts";
import type { TrainReport } from "../protocol/model-train.ts";
import { VERSION } from "../version.ts";
import { renderCard } from "./card.ts";
import type { UnseenText } from "./choice.ts";
import { indexOfLargest, softmax } from "./classifier.ts";
import type { Example } from "./example.ts";
import { emptyLexicon, englishLexicon, readLexicon } from "./lexicon.ts";
import { modelFiles, publishFolder } from "./model-folder.ts";
import { trainModel } from "./trainer.ts";

export interface TrainRequest {
  /** Undefined: rows of the inbox alone. */
  readonly file?: string | undefined;
  /** Rows that were labelled in the inbox, as JSON lines. */
  readonly inbox?: string | undefined;
  readonly out: string;
  readonly name: string;
  readonly seed: number;
  readonly epochs: number;
  /** A file, or `none`; everyday English where left out. */
  readonly lexicon?: string | undefined;
}

export interface TrainOptions {
  /** Told what comes next, in words, and in which step that is. */
  readonly onStage: (stage: string, step: string) => void;
}

/** A label with fewer texts can't be learned, and not be measured on texts left out. */
const ENOUGH_OF_LABEL = 5;
const TARGET_ACCURACY = 0.95;

/**
 * Trains a model on labelled texts and makes a folder of it: the same rows, seed and version give the same bytes.
 * Blocks; for a process of its own.
 *
 * @throws {CombotError} `USAGE` where nothing can be learned of the rows, or the folder is there already.
 */
export function trainFolder(request: TrainRequest, { onStage }: TrainOptions): TrainReport {
  stayBehind();
  const fromMs = performance.now();
  refuseTaken(request.out);
  onStage(`reading ${request.file ?? "the inbox"}`, "rows");
  const { examples, remarks } = examplesOf(request);
  const training = trainModel(examples, {
    ...request,
    lexicon: lexiconOf(request.lexicon),
    onProgress: (message) => onStage(message, message.replace(/:.*/s, "")),
  });
  const { labels } = training.model;
  const unseen = evaluate(scoredOf(training.unseen, labels), { targetAccuracy: TARGET_ACCURACY });
  const files = { ...modelFiles(training.model), "CARD.md": cardOf(request, examples, unseen) };
  onStage(`writing ${request.out}`, "write");
  publishFolder(request.out, files);
  return {
    dir: request.out,
    name: request.name,
    seed: request.seed,
    texts: examples.length,
    labels: labels.length,
    modelBytes: training.model.onnx.byteLength,
    sha256: digestOf(files),
    remarks,
    seconds: Math.round(performance.now() - fromMs) / 1000,
    unseen,
  };
}

/** A daemon on this machine is not to feel it, and where memory runs out this goes before anything that serves. */
function stayBehind(): void {
  takeWhatOthersLeave();
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // A machine that has none.
  }
}

function refuseTaken(out: string): void {
  const found = statSync(out, { throwIfNoEntry: false });
  if (!found || (found.isDirectory() && readdirSync(out).length === 0)) return;
  throw new CombotError(
    "USAGE",
    `${out} is there already: give a folder that is not, since a model is never half one.`,
  );
}

function examplesOf(request: TrainRequest): { readonly examples: Example[]; readonly remarks: readonly string[] } {
  const file = request.file ?? "the inbox";
  const rows = request.file === undefined ? [] : readRows(request.file);
  const labelled = rows.flatMap(({ text, label }) => (label === null ? [] : [{ text, label }]));
  const { examples, remarks } = withInbox(labelled, request.inbox);
  const counts = new Map<string, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  if (counts.size < 2) throw new CombotError("USAGE", `${file}: two labels at least are needed, not ${counts.size}.`);
  const thin = [...counts].find(([, count]) => count < ENOUGH_OF_LABEL);
  if (thin)
    throw new CombotError(
      "USAGE",
      `${file}: the label ${JSON.stringify(thin[0])} has ${thin[1]} texts, and ${ENOUGH_OF_LABEL} at least are needed; 15 or more do well.`,
    );
  const left = rows.length - labelled.length;
  return { examples, remarks: [...(left === 0 ? [] : [`${left} rows without a label were left out.`]), ...remarks] };
}

/** A text that the file has with another label: what was said of it last counts. */
function withInbox(
  examples: readonly Example[],
  inbox: string | undefined,
): { readonly examples: Example[]; readonly remarks: readonly string[] } {
  if (inbox === undefined) return { examples: [...examples], remarks: [] };
  const given = new Map(readRows(inbox).flatMap(({ text, label }) => (label === null ? [] : [[text.trim(), label]])));
  const others = examples.filter(({ text }) => !given.has(text.trim()));
  const changed = examples.filter(({ text, label }) => (given.get(text.trim()) ?? label) !== label).length;
  const added = [...given].map(([text, label]) => ({ text, label }));
  const remarks = [`${added.length} texts are from the inbox.`];
  if (changed > 0) remarks.push(`${changed} rows had another label than the inbox gives their text, and got that one.`);
  return { examples: [...others, ...added], remarks };
}

function lexiconOf(given: string | undefined): ReturnType<typeof readLexicon> {
  return given === "none" ? emptyLexicon : readLexicon(given ?? englishLexicon);
}

function scoredOf(texts: readonly UnseenText[], labels: readonly string[]): Scored[] {
  return texts.map(({ text, logits, label }) => {
    const shares = softmax(logits);
    const best = indexOfLargest(shares);
    const told = (at: number): number => Math.round((shares[at] ?? 0) * 1e6) / 1e6;
    return {
      text,
      expected: labels[label] ?? "",
      predicted: labels[best] ?? "",
      score: told(best),
      expectedScore: told(label),
    };
  });
}

function cardOf(request: TrainRequest, examples: readonly Example[], unseen: Figures): string {
  return renderCard({
    ...request,
    file: request.file === undefined ? undefined : basename(request.file),
    sha256: digestOfRows(request),
    isFromInbox: request.inbox !== undefined,
    version: VERSION,
    labels: [...Map.groupBy(examples, ({ label }) => label)].map(([, own]) => own.length),
    unseen,
  });
}

/** Of the file, or of both, one behind the other. */
function digestOfRows({ file, inbox }: TrainRequest): string {
  const hash = createHash("sha256");
  for (const path of [file, inbox]) if (path !== undefined) hash.update(readFileSync(path));
  return hash.digest("hex");
}

function digestOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const hash = createHash("sha256");
  for (const [name, content] of Object.entries(files)) hash.update(`${name}\0`).update(content);
  return hash.digest("hex");
}
