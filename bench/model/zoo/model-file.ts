import type { ModelOptions } from "../../../src/lib/onnx/model.ts";
import type { Numbers } from "./net.ts";

/** Versions of the format by the first opset that came with them: https://github.com/onnx/onnx/blob/main/docs/Versioning.md */
const IR_VERSIONS = [
  [25, 13],
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
  [12, 7],
  [11, 6],
  [10, 5],
  [9, 4],
] as const;

export function modelOptionsFor(opset: number): ModelOptions {
  const irVersion = IR_VERSIONS.find(([first]) => opset >= first)?.[1] ?? 4;
  return { opset, irVersion, producer: "combot-zoo", otherOpsets: { "com.microsoft": 1 } };
}

/** Past combot's smallest prepared model, 4 MiB, by the table of words alone. */
const ENOUGH_BYTES = 4_600_000;

export function wordsFor(width: number, numbers: Numbers): number {
  const bytes = { fp16: 2, "bf16-weights": 2, "int8-dynamic": 1 }[numbers as string] ?? 4;
  return Math.ceil(ENOUGH_BYTES / (width * bytes));
}
