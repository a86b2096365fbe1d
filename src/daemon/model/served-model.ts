import { join } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import type { Encoder } from "../text/encoder.ts";
import { yieldToEventLoop } from "../text/pool-threads.ts";
import type { CombotSettings } from "./combot-json.ts";
import { digestModel, temperedDigest } from "./digest.ts";
import type { ModelFolder } from "./folder.ts";
import { invalid } from "./invalid.ts";
import type { SealedCopy } from "./sealed-copy.ts";
import { openSharedEncoder } from "./shared-encoder.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";

/** What a worker answers before it counts as ready. */
export const PROBE_TEXT = "Where is my order?";

/** A model as the daemon knows it; the weights are its workers' affair. */
export interface ServedModel extends Omit<ModelFolder, "tokenizer"> {
  /** Without its vocabulary, which the encoder has. */
  readonly tokenizer: Pick<TokenizerFile, "kind" | "tokens">;
  /** What workers load from. */
  readonly sealed: SealedCopy;
  /** Of what it answers: 64 hex digits. */
  readonly digest: string;
  /** The same whatever its temperature: of what its workers compute. */
  readonly computedDigest: string;
  /** What its owner wants of its answers; empty where nothing is said. */
  readonly settings: CombotSettings;
  /** What logits are divided by. */
  readonly temperature: number | undefined;
  readonly encoder: Encoder;
  /** Token ids of a text that every model can answer. */
  readonly probe: Int32Array;
}

/** @throws {CombotError} `MODEL_INVALID` naming the file at fault and what is wrong with it. */
export async function serveFolder(
  folder: ModelFolder,
  sealed: SealedCopy,
  settings: CombotSettings,
): Promise<ServedModel> {
  const { kind, tokens } = folder.tokenizer;
  const encoder = await openEncoder(folder);
  const probe = (await encoder.encode({ text: encoder.formOf(PROBE_TEXT) })).ids;
  const { temperature } = settings;
  const computedDigest = digestModel(folder, sealed.content);
  const digest = temperedDigest(computedDigest, temperature);
  const own = { settings, temperature, computedDigest, digest };
  return { ...folder, ...own, tokenizer: { kind, tokens }, encoder, probe, sealed };
}

async function openEncoder({ sealedDir: dir, tokenizer, windowTokens, truncationSide }: ModelFolder): Promise<Encoder> {
  try {
    const encoder = await openSharedEncoder(tokenizer.json, { windowTokens, truncationSide });
    yieldToEventLoop();
    return encoder;
  } catch (error) {
    throw invalid(join(dir, "tokenizer.json"), messageOf(error), error);
  }
}
