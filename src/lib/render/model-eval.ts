import { harmless } from "../harmless.ts";
import type { Comparison, EvalReport, Evaluated, Fit, Interval, Threshold } from "../protocol/model-eval.ts";
import { formatBytes } from "../units.ts";
import type { Paint } from "./paint.ts";
import { renderTable } from "./table.ts";
import { NONE, shortMs, wrapWords } from "./words.ts";

const WIDTH = 80;
const NAME_WIDTH = 14;
const MOST_LABELS = 30;
const MOST_CONFUSIONS = 10;
const COVERAGE_SHOWN = [0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99];

/** What was measured, 80 columns wide where labels allow it; the page and --json have the rest. */
export function renderModelEval(report: EvalReport, paint: Paint): string {
  const { evaluated, other, comparison, fit, failures, remarks } = report;
  const verdict = report.verdict === "pass" ? [] : failures.map((failure) => paint.bad(harmless(failure)));
  return [
    summary(evaluated, paint),
    labels(evaluated),
    confused(evaluated, paint),
    coverage(evaluated),
    ...(comparison && other ? [compared(comparison, other, paint)] : []),
    ...(fit ? [fitted(fit)] : []),
    ...(remarks.length > 0 ? [remarks.map((remark) => row("note", remark)).join("\n")] : []),
    ...(verdict.length > 0 ? [verdict.join("\n")] : []),
  ].join("\n\n");
}

function summary({ model, ...found }: Evaluated, paint: Paint): string {
  const { accuracy, interval, texts, right, macroF1, calibration, target, outOfScope, cost, truncated } = found;
  const threshold = target.overall ? thresholdWords(target.overall) : "no score reaches it";
  const scope = outOfScope && `${outOfScope.texts} rows, told from the others with AUROC ${share(outOfScope.auroc)}`;
  const pss = cost.pssBytes === null ? "" : `; a worker of ${formatBytes(cost.pssBytes)}`;
  return [
    `${paint.strong(harmless(model.name))} ${model.digest.slice(0, 12)}, ${model.labels} labels`,
    "",
    row(
      "accuracy",
      `${share(accuracy)} (95%: ${between(interval)}), ${right} of ${texts} rows; mean F1 ${share(macroF1)}`,
    ),
    row(
      "sureness",
      `mean score ${share(calibration.meanScore)}, off by ${share(calibration.error)} (expected calibration error)`,
    ),
    row(`for ${target.accuracy}`, threshold),
    ...(scope === null ? [] : [row("out of scope", scope)]),
    ...(truncated === 0 ? [] : [row("cut", `${truncated} rows were longer than the model's window`)]),
    row(
      "a text",
      `half in ${shortMs(cost.p50Ms)} ms, 99 of 100 in ${shortMs(cost.p99Ms)} ms; ${Math.round(cost.textsPerSecond)}/s${pss}`,
    ),
  ].join("\n");
}

/** The worst first: they are what there is to do. */
function labels({ labels }: Evaluated): string {
  const known = labels.filter(({ texts }) => texts > 0);
  const worst = known.toSorted((a, b) => (a.f1 ?? 0) - (b.f1 ?? 0));
  const rows = worst
    .slice(0, MOST_LABELS)
    .map((one) => [
      harmless(one.label),
      String(one.texts),
      share(one.precision),
      share(one.recall),
      one.recallInterval ? between(one.recallInterval) : NONE,
      share(one.f1),
    ]);
  const more = known.length > MOST_LABELS ? `\n… and ${known.length - MOST_LABELS} better ones` : "";
  const right = { align: "right" } as const;
  const head = ["rows", "precision", "recall", "95%", "F1"].map((name) => ({ head: name, ...right }));
  return renderTable([{ head: "label, worst first" }, ...head], rows) + more;
}

function confused({ confusions }: Evaluated, paint: Paint): string {
  if (confusions.length === 0) return "Nothing is taken for anything else.";
  const told = confusions.slice(0, MOST_CONFUSIONS).map(({ expected, predicted, count, examples }) => {
    const head = `${count} × ${harmless(expected)} taken for ${harmless(predicted)}`;
    return [head, ...examples.slice(0, 1).map((text) => paint.faint(`    ${shortened(text)}`))].join("\n");
  });
  return ["Most confused", ...told].join("\n");
}

function coverage({ coverage: points, outOfScope }: Evaluated): string {
  const shown = points.filter(({ score }) => COVERAGE_SHOWN.includes(score));
  const rows = shown.map((point) => [
    point.score.toFixed(2),
    share(point.answered),
    share(point.accuracy),
    point.interval ? between(point.interval) : NONE,
    ...(outOfScope ? [share(point.outOfScope)] : []),
  ]);
  const heads = ["from score", "answered", "right", "95%", ...(outOfScope ? ["out of scope answered"] : [])];
  return renderTable(
    heads.map((head) => ({ head, align: "right" })),
    rows,
  );
}

function compared(comparison: Comparison, other: Evaluated, paint: Paint): string {
  const { agreed, gained, lost, difference, p, test, verdict } = comparison;
  const word = { better: paint.good, worse: paint.bad, "no difference shown": paint.faint }[verdict](verdict);
  const moved = comparison.labels.filter((label) => label.verdict !== "no difference shown");
  return [
    `Against ${harmless(other.model.name)} ${other.model.digest.slice(0, 12)}, accuracy ${share(other.accuracy)}: ${word}`,
    row("same label", `${agreed} rows of ${other.texts}, ${share(agreed / other.texts)}`),
    row(
      "moved",
      `${gained} rows gained, ${lost} lost: ${(difference * 100).toFixed(2)} points; p = ${p.toPrecision(2)} (McNemar, ${test})`,
    ),
    ...moved.map((one) =>
      row(one.verdict, `${one.label}: ${one.gained} rows gained, ${one.lost} lost, p = ${one.p.toPrecision(2)}`),
    ),
  ].join("\n");
}

function fitted({ settings, before, after, accepted, written, folds }: Fit): string {
  const { temperature, minScore, thresholds = {} } = settings;
  return [
    `Fitted on ${folds - 1} of ${folds} parts, judged on the other`,
    ...(temperature === undefined
      ? []
      : [
          row(
            "temperature",
            `${temperature}: loss ${before.loss.toFixed(4)} → ${after.loss.toFixed(4)}, calibration error ${share(before.error)} → ${share(after.error)}`,
          ),
        ]),
    ...(minScore === undefined
      ? []
      : [row("minScore", `${minScore}; ${Object.keys(thresholds).length} labels have a threshold of their own`)]),
    ...(accepted ? [row("accepted", thresholdWords(accepted))] : []),
    row("written", written ?? "nothing"),
  ].join("\n");
}

function thresholdWords({ score, answered, of, accuracy, interval }: Threshold): string {
  return `from a score of ${score.toFixed(4)} on ${share(answered / of)} are answered, ${share(accuracy)} of them right (95%: ${between(interval)})`;
}

export function share(value: number | null): string {
  return value === null ? NONE : value.toFixed(3);
}

export function between([low, high]: Interval): string {
  return `${share(low)} to ${share(high)}`;
}

function shortened(text: string): string {
  const line = harmless(text.replaceAll(/\s+/g, " ").trim());
  return line.length > WIDTH - 8 ? `${line.slice(0, WIDTH - 9)}…` : line;
}

function row(name: string, words: string): string {
  const lines = wrapWords(harmless(words), WIDTH - NAME_WIDTH);
  return `${name.padEnd(NAME_WIDTH)}${lines.join(`\n${" ".repeat(NAME_WIDTH)}`)}`;
}
