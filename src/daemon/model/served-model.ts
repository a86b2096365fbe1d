import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Encoder } from "../text/encoder.ts";
import { digestModel } from "./digest.ts";
import { readModelFolder } from "./folder.ts";

/** The model that comes with the package: a shop chatbot's intents. */
export const BUNDLED_MODEL_DIR = fileURLToPath(new URL("../../../models/shop-intents", import.meta.url));

/** What a worker answers before it counts as ready. */
const PROBE_TEXT = "Where is my order?";

/** A model as the daemon knows it; the weights are its workers' affair. */
export interface ServedModel {
  readonly name: string;
  readonly dir: string;
  readonly modelPath: string;
  /** Of the model file. */
  readonly bytes: number;
  /** 64 hex digits. */
  readonly digest: string;
  readonly labels: readonly string[];
  readonly multiLabel: boolean;
  readonly padId: number;
  readonly encoder: Encoder;
  /** Token ids of a text that every model can answer. */
  readonly probe: Int32Array;
}

/** @throws {CombotError} `MODEL_INVALID` naming the file at fault and what is wrong with it. */
export async function openModel(dir: string): Promise<ServedModel> {
  const folder = await readModelFolder(dir);
  const encoder = new Encoder(folder.tokenizerJson, folder.tokenizerConfig, folder.windowTokens);
  const { name, modelPath, labels, multiLabel, padId } = folder;
  const digest = await digestModel(folder);
  const { size: bytes } = await stat(modelPath);
  const probe = encoder.encode(PROBE_TEXT).ids;
  return { name, dir, modelPath, bytes, digest, labels, multiLabel, padId, encoder, probe };
}
