import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CombotError, messageOf, systemCodeOf } from "../lib/errors.ts";
import { takeWhatOthersLeave } from "../lib/own-priority.ts";
import { compare } from "../lib/evaluation/comparison.ts";
import { evaluate } from "../lib/evaluation/evaluate.ts";
import { fit } from "../lib/evaluation/fit.ts";
import { readRows } from "../lib/evaluation/rows.ts";
import type { Row } from "../lib/evaluation/rows.ts";
import { isInScope } from "../lib/evaluation/scored.ts";
import { quantile } from "../lib/evaluation/statistics.ts";
import type { Cost, EvalReport, Evaluated, Fit } from "../lib/protocol/model-eval.ts";
import { replaceFileNow } from "../lib/replace-file.ts";
import { readAnswers } from "./alone/eval-answers.ts";
import type { Answers } from "./alone/eval-answers.ts";
import { COMBOT_FILE } from "./model/model-files.ts";
import type { ServedModel } from "./model/served-model.ts";

export interface ModelEvalRequest {
  readonly file: string;
  readonly dir: string;
  /** Another model, for the same rows. */
  readonly other?: string | undefined;
  readonly oosLabel?: string | undefined;
  readonly targetAccuracy: number;
  readonly minAccuracy?: number | undefined;
  readonly noWorse: boolean;
  readonly fit: boolean;
  readonly seed: number;
}

export interface ModelEvalOptions {
  /** Told what comes next, in words, and how far it is. */
  readonly onStage: (stage: string, step: string) => void;
  /** Ends the workers at once, whatever they are doing. */
  readonly signal: AbortSignal;
}

/** Fewer say nothing that an interval would not take back. */
const ENOUGH_ROWS = 30;

/**
 * Measures a model on labelled rows, in workers of its own: each text alone, as it is answered where nobody else asks.
 *
 * @throws {CombotError} `USAGE` where the rows tell nothing, or not of this model; `MODEL_INVALID`.
 */
export async function evaluateModel(request: ModelEvalRequest, options: ModelEvalOptions): Promise<EvalReport> {
  // Its workers begin with what it has: a daemon that serves on this machine is not to feel them.
  takeWhatOthersLeave();
  options.onStage(`reading ${request.file}`, "rows");
  const rows = scopedRows(readRows(request.file), request.oosLabel);
  const inScope = rows.filter(({ label }) => label !== null).length;
  if (inScope < ENOUGH_ROWS)
    throw new CombotError(
      "USAGE",
      `${request.file}: ${inScope} labelled rows tell too little: give ${ENOUGH_ROWS} or more.`,
    );
  const known = new Set<string>();
  const learn = ({ labels }: ServedModel): void => labels.forEach((label) => known.add(label));
  // The other one first: what neither of them knows is told before most of the work is done.
  const others =
    request.other === undefined ? undefined : await readAnswers(request.other, rows, { ...options, onOpened: learn });
  const onOpened = (model: ServedModel): void => {
    learn(model);
    refuseStrangeLabels(rows, request.file, known);
  };
  const answers = await readAnswers(request.dir, rows, { ...options, keepLogits: request.fit, onOpened });
  const fitted = request.fit ? fitTo(answers, request) : undefined;
  const evaluated = figuresOf(answers, request);
  const comparison = others ? compare(answers.scored.filter(isInScope), others.scored.filter(isInScope)) : null;
  const failures = failuresOf(evaluated, comparison, request);
  return {
    file: request.file,
    at: new Date().toISOString(),
    verdict: failures.length === 0 ? "pass" : "fail",
    failures,
    remarks: [...answers.model.remarks, ...(fitted?.remarks ?? [])],
    evaluated,
    other: others ? figuresOf(others, request) : null,
    comparison,
    fit: fitted?.fit ?? null,
  };
}

function scopedRows(rows: readonly Row[], oosLabel: string | undefined): Row[] {
  return rows.map((row) => (row.label !== null && row.label === oosLabel ? { ...row, label: null } : row));
}

/** One that another model has is a label that this one lacks; one that none has is a slip, or out of scope. */
function refuseStrangeLabels(rows: readonly Row[], file: string, known: ReadonlySet<string>): void {
  const strange = rows.find(({ label }) => label !== null && !known.has(label));
  if (!strange) return;
  const label = JSON.stringify(strange.label);
  throw new CombotError(
    "USAGE",
    `${file}, line ${strange.line}: the model has no label ${label}. Out of scope is what has no label, or --oos-label ${label}.`,
  );
}

function figuresOf({ model, scored, times, truncated, pssBytes }: Answers, request: ModelEvalRequest): Evaluated {
  const { name, dir, digest, labels, temperature } = model;
  return {
    model: { name, dir, digest, labels: labels.length },
    temperature: temperature ?? null,
    truncated,
    ...evaluate(scored, request),
    cost: costOf(times, pssBytes),
  };
}

function costOf(times: readonly number[], pssBytes: number | null): Cost {
  const sorted = times.toSorted((a, b) => a - b);
  const totalMs = times.reduce((sum, ms) => sum + ms, 0);
  return {
    p50Ms: quantile(sorted, 0.5),
    p95Ms: quantile(sorted, 0.95),
    p99Ms: quantile(sorted, 0.99),
    textsPerSecond: (times.length * 1000) / totalMs,
    pssBytes,
  };
}

function failuresOf(
  { accuracy }: Evaluated,
  comparison: EvalReport["comparison"],
  { minAccuracy, noWorse }: ModelEvalRequest,
): string[] {
  const failures: string[] = [];
  if (minAccuracy !== undefined && accuracy < minAccuracy)
    failures.push(`The accuracy is ${accuracy.toFixed(4)}, and ${minAccuracy} is wanted.`);
  if (!noWorse || !comparison) return failures;
  if (comparison.verdict === "worse")
    failures.push(`It is worse than the other: ${comparison.gained} rows gained, ${comparison.lost} lost.`);
  for (const { label, gained, lost } of comparison.labels.filter(({ verdict }) => verdict === "worse"))
    failures.push(`The label ${label} is worse than the other's: ${gained} rows gained, ${lost} lost.`);
  return failures;
}

function fitTo(answers: Answers, { seed, targetAccuracy }: ModelEvalRequest): { fit: Fit; remarks: readonly string[] } {
  const { model, logits = [], scored } = answers;
  const rows = scored.flatMap((row, at) => {
    const own = logits[at];
    return isInScope(row) && own ? [{ text: row.text, expected: row.expected, logits: own }] : [];
  });
  const { labels, temperature = 1, dir } = model;
  const { remarks, ...fitted } = fit(rows, { labels, temperature, targetAccuracy, seed });
  const written = Object.keys(fitted.settings).length === 0 ? null : writeSettings(dir, fitted.settings);
  return { fit: { ...fitted, written }, remarks };
}

/** Written beside it and renamed: whoever reads it has the old one or the new one. Other keys stay. */
function writeSettings(dir: string, settings: Fit["settings"]): string {
  const path = join(dir, COMBOT_FILE);
  try {
    replaceFileNow(path, `${JSON.stringify({ ...settingsIn(path), ...settings }, null, 2)}\n`, 0o644);
    return path;
  } catch (error) {
    throw new CombotError("USAGE", `${path} can't be written: ${messageOf(error)}.`, { cause: error });
  }
}

function settingsIn(path: string): object {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as object;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return {};
    throw error;
  }
}
