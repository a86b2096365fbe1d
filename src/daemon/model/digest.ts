import { createHash } from "node:crypto";
import type { ModelFolder } from "./folder.ts";

/** Raised when the same files would give other answers: normalisation, tokenising, truncation, scores. */
const INFERENCE_VERSION = 2;

type DigestedPart = Pick<
  ModelFolder,
  | "windowTokens"
  | "padId"
  | "outputName"
  | "activation"
  | "multiLabel"
  | "regression"
  | "paddingSide"
  | "truncationSide"
  | "labels"
>;

/**
 * Names what a model answers: SHA-256 over all of its files that count, what we made of them, and the inference around
 * them. Cached answers and prepared weights are kept under it.
 *
 * @param content of the files: see `contentOf`. @returns 64 hex digits.
 */
export function digestModel(model: DigestedPart, content: string): string {
  const { windowTokens, padId, outputName, activation, multiLabel, regression } = model;
  const { paddingSide, truncationSide, labels } = model;
  const made = { windowTokens, padId, outputName, activation, multiLabel, regression, paddingSide, truncationSide };
  return createHash("sha256")
    .update(JSON.stringify([INFERENCE_VERSION, content, made, labels]))
    .digest("hex");
}

/** Other scores are other answers, and not to be found where those of before are kept. */
export function temperedDigest(digest: string, temperature: number | undefined): string {
  if (temperature === undefined || temperature === 1) return digest;
  return createHash("sha256")
    .update(JSON.stringify([digest, temperature]))
    .digest("hex");
}
