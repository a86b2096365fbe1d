import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { ModelFolder } from "./folder.ts";

/** Raised when the same files would give other answers: normalisation, truncation, softmax. */
const INFERENCE_VERSION = 1;

/**
 * Names what a model answers: SHA-256 over the model file and its external data, config.json, tokenizer.json and the
 * version of the inference around them. Cached answers and prepared weights are kept under it.
 *
 * @returns 64 hex digits.
 */
export async function digestModel(folder: ModelFolder): Promise<string> {
  const hash = createHash("sha256").update(`combot inference ${INFERENCE_VERSION}\n`);
  for (const path of await filesOf(folder)) {
    hash.update(`${relative(folder.dir, path)}\n`);
    const inner = createHash("sha256");
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) inner.update(chunk as Buffer);
    hash.update(inner.digest());
  }
  return hash.digest("hex");
}

/** External data lies beside the model, under names that exporters choose: everything there that begins like it counts. */
async function filesOf(folder: ModelFolder): Promise<string[]> {
  const beside = await readdir(dirname(folder.modelPath));
  const external = beside
    .filter((name) => /^model\.onnx[._]|_data$|\.data$/.test(name) && name !== "model.onnx")
    .toSorted();
  return [
    folder.modelPath,
    ...external.map((name) => join(dirname(folder.modelPath), name)),
    join(folder.dir, "config.json"),
    join(folder.dir, "tokenizer.json"),
  ];
}
