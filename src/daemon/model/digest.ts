import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join, relative } from "node:path";
import type { ModelFolder } from "./folder.ts";

/** Raised when the same files would give other answers: normalisation, tokenising, truncation, softmax. */
const INFERENCE_VERSION = 1;

type DigestedPart = Pick<ModelFolder, "dir" | "modelPath" | "externalPaths" | "windowTokens" | "padId">;

/**
 * Names what a model answers: SHA-256 over the model file, the external data it names, config.json, tokenizer.json and
 * the inference around them. Cached answers and prepared weights are kept under it. Of tokenizer_config.json only what
 * comes of it counts, the window and the pad id.
 *
 * @returns 64 hex digits.
 */
export async function digestModel(folder: DigestedPart): Promise<string> {
  const { dir, modelPath, externalPaths, windowTokens, padId } = folder;
  const hash = createHash("sha256").update(
    `combot inference ${INFERENCE_VERSION}, window ${windowTokens}, pad ${padId}\n`,
  );
  for (const path of [modelPath, ...externalPaths, join(dir, "config.json"), join(dir, "tokenizer.json")]) {
    hash.update(`${relative(dir, path)}\n`);
    const inner = createHash("sha256");
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) inner.update(chunk as Buffer);
    hash.update(inner.digest());
  }
  return hash.digest("hex");
}
