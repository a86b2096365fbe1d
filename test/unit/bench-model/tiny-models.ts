import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { onTestFinished } from "vitest";
import { writeFolder } from "../../../bench/model/folder.ts";
import { presets } from "../../../bench/model/spec.ts";
import type { ModelSpec } from "../../../bench/model/spec.ts";
import { temporaryFolder } from "../../support/temporary.ts";

export const tiny: ModelSpec = { ...presets.tiny, intermediate: 128, int8: false, idleNodes: 0, seed: 1 };

/** The folder of the tiny preset, changed as said; it goes with the test. */
export function writeTiny(changed: Partial<ModelSpec> = {}, externalData = false): string {
  const dir = temporaryFolder();
  writeFolder(dir, { ...tiny, ...changed }, externalData, () => {});
  return dir;
}

export async function open(dir: string, options: InferenceSession.SessionOptions = {}): Promise<InferenceSession> {
  const session = await InferenceSession.create(join(dir, "model.onnx"), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    ...options,
  });
  onTestFinished(() => session.release());
  return session;
}

/** @param texts token ids, each padded with `padId` to `length`, which is the longest of them where left out. */
export async function classify(
  session: InferenceSession,
  texts: number[][],
  padId = 0,
  length?: number,
): Promise<Tensor> {
  const width = length ?? Math.max(...texts.map((text) => text.length));
  const batch = (pick: (id: number | undefined) => number): Tensor => {
    const values = texts.flatMap((text) => Array.from({ length: width }, (_, at) => pick(text[at])));
    return new Tensor("int64", BigInt64Array.from(values, BigInt), [texts.length, width]);
  };
  const inputs: Record<string, Tensor> = {
    input_ids: batch((id) => id ?? padId),
    attention_mask: batch((id) => (id === undefined ? 0 : 1)),
    token_type_ids: batch(() => 0),
  };
  const { logits } = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]!])));
  return logits!;
}

/** Over the values that `a` has. */
export function largestDifference(a: Tensor, b: Tensor): number {
  return Math.max(
    ...Array.from(a.data as Float32Array, (value, at) => Math.abs(value - (b.data as Float32Array)[at]!)),
  );
}
