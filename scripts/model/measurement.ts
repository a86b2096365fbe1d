import type { Example } from "./csv.ts";
import { evaluate, predict } from "./evaluation.ts";
import type { Evaluation } from "./evaluation.ts";
import type { TrainedModel } from "../../src/lib/training/model-folder.ts";
import { OnnxRunner, measureBatchDrift } from "./onnx-runner.ts";
import { measureScope } from "./scope.ts";
import type { ScopeResult } from "./scope.ts";
import { createEncoder } from "../../src/lib/training/tokenizer.ts";

/** The evaluation is of the texts whose labels were trained; the others are told apart. */
export interface Measured extends Evaluation {
  readonly batchDrift: number;
  readonly outOfScope?: ScopeResult;
}

const batchSize = 8;

/** Measures the very bytes that will be written, in the runtime that will serve them. */
export async function measure(model: TrainedModel, test: readonly Example[]): Promise<Measured> {
  const runner = await OnnxRunner.open(model.onnx, createEncoder(model.tokenizer));
  const predictions = [];
  for (const { text, label } of test) {
    const [logits] = await runner.score([text]);
    predictions.push(predict(logits ?? [], model.labels, label));
  }
  const batchDrift = await measureBatchDrift(
    runner,
    test.map(({ text }) => text),
    batchSize,
  );
  const { known = [], strange = [] } = Object.groupBy(predictions, ({ expected }) =>
    model.labels.includes(expected) ? "known" : "strange",
  );
  const confidences = known.map(({ confidence }) => confidence);
  return {
    batchDrift,
    ...evaluate(known, model.labels),
    ...(strange.length > 0 && { outOfScope: measureScope(confidences, strange) }),
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
