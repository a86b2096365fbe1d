import { join } from "node:path";
import { writeFolder } from "../../bench/model/folder.ts";
import { runTrial, prepareInChild } from "../../src/daemon/prepared/trial-run.ts";
import type { Prepare, TrialOutcome } from "../../src/daemon/prepared/trial-run.ts";
import type { TrialModel } from "../../src/daemon/prepared/trial.ts";
import { temporaryFolder } from "./temporary.ts";

/** 8 MB of weights in 32 bits, whose sizes are no multiples of what the CPU loads at once. */
export const UNEVEN = {
  type: "distilbert",
  hidden: 156,
  layers: 2,
  heads: 6,
  intermediate: 300,
  vocab: 10_000,
  positions: 64,
  labels: 3,
  int8: false,
  idleNodes: 0,
  seed: 7,
} as const;

export type BenchModel = Parameters<typeof writeFolder>[1];

export function writeBench(spec: BenchModel): string {
  const dir = temporaryFolder();
  writeFolder(dir, spec, false, () => undefined);
  return join(dir, "model.onnx");
}

/** Tells words apart by their letters: what they mean is nothing to the model. */
export function modelOf(vocabulary: number, labels: number, over: Partial<TrialModel> = {}): TrialModel {
  const first = 4;
  const encode = (text: string): { ids: Int32Array } => {
    const words = text.split(/\s+/).map((word) => Buffer.from(word).reduce((sum, byte) => sum * 31 + byte, 7));
    // No word is the last entry of the vocabulary.
    const inner = words.map((number) => first + (Math.abs(number) % (vocabulary - first - 1)));
    return { ids: Int32Array.from([2, ...inner.slice(0, 62), 3]) };
  };
  const probe = encode("where is my order").ids;
  const rest = { output: "logits", padId: 0, padLeft: false, threads: 1, windowTokens: 64 };
  return { ...rest, labels, vocabulary, probe, encode, ...over };
}

export function tryFile(
  model: TrialModel,
  modelPath: string,
  {
    folder,
    prepare = prepareInChild,
    timeoutMs = 60_000,
  }: { folder?: string; prepare?: Prepare; timeoutMs?: number } = {},
): Promise<TrialOutcome> {
  return runTrial({ model, modelPath, folder, obstacle: undefined, timeoutMs, prepare });
}
