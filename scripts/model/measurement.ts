import type { Example } from "./csv.ts";
import { evaluationOf } from "./evaluation.ts";
import type { Evaluation, ScopeResult } from "./evaluation.ts";
import type { Scored } from "../../src/lib/evaluation/scored.ts";
import { indexOfLargest, softmax } from "../../src/lib/training/classifier.ts";
import type { TrainedModel } from "../../src/lib/training/model-folder.ts";
import { OnnxRunner, measureBatchDrift } from "./onnx-runner.ts";
import { createEncoder } from "../../src/lib/training/tokenizer.ts";

export interface Measured extends Evaluation {
  readonly batchDrift: number;
}

const batchSize = 8;

/** Measures the very bytes that will be written, in the runtime that will serve them. */
export async function measure(model: TrainedModel, test: readonly Example[]): Promise<Measured> {
  const runner = await OnnxRunner.open(model.onnx, createEncoder(model.tokenizer));
  const rows: Scored[] = [];
  for (const example of test) {
    const [logits = []] = await runner.score([example.text]);
    rows.push(scoredOf(example, logits, model.labels));
  }
  const batchDrift = await measureBatchDrift(
    runner,
    test.map(({ text }) => text),
    batchSize,
  );
  const strange = test.map(({ label }) => label).filter((label) => !model.labels.includes(label));
  return { batchDrift, ...evaluationOf(rows, model.labels, strange) };
}

function scoredOf({ text, label }: Example, logits: ArrayLike<number>, labels: readonly string[]): Scored {
  const shares = softmax(logits);
  const best = indexOfLargest(logits);
  const right = labels.indexOf(label);
  return {
    text,
    expected: right < 0 ? null : label,
    predicted: labels[best] ?? "",
    score: shares[best] ?? 0,
    expectedScore: shares[right] ?? 0,
  };
}

export function summarise(measured: Measured): string {
  const { accuracy, interval, texts, calibrationError, meanConfidence, outOfScope } = measured;
  const inScope = `held-out accuracy ${accuracy} (95% interval ${interval[0]} to ${interval[1]}, ${texts} texts), mean confidence ${meanConfidence}, calibration error ${calibrationError}\n`;
  return outOfScope ? inScope + summariseScope(outOfScope) : inScope;
}

function summariseScope({ texts, labels, auroc, thresholds }: ScopeResult): string {
  const named =
    labels.length > 5 ? `${labels.slice(0, 5).join(", ")} and ${labels.length - 5} more` : labels.join(", ");
  const lines = thresholds.map(
    ({ confidence, answeredInScope, answeredOutOfScope }) =>
      `  from confidence ${confidence} on: answered ${answeredInScope} in scope, ${answeredOutOfScope} out of scope\n`,
  );
  return `out of scope: ${texts} texts of labels not trained (${named}), told from those in scope with AUROC ${auroc}\n${lines.join("")}`;
}
