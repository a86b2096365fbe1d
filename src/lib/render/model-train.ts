import { harmless } from "../harmless.ts";
import type { TrainReport } from "../protocol/model-train.ts";
import { formatBytes, formatDuration } from "../units.ts";
import { between, share } from "./model-eval.ts";

export function renderModelTrain({ dir, texts, labels, modelBytes, seconds, unseen, remarks }: TrainReport): string {
  const made = `${texts} texts, ${labels} labels, ${formatBytes(modelBytes)}, in ${formatDuration(seconds * 1000)}`;
  const { accuracy, interval, calibration } = unseen;
  return [
    harmless(`${dir}: ${made}`),
    `On ${unseen.texts} texts left out: accuracy ${share(accuracy)} (95%: ${between(interval)}), scores off by ${share(calibration.error)}`,
    ...remarks.map(harmless),
    harmless(`Serve it: combot model use ${dir}`),
  ].join("\n");
}
