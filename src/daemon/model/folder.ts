import { open, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { CombotError, messageOf, systemCodeOf } from "../../lib/errors.ts";

/** A classifier as `optimum-cli export onnx` writes it, read but not loaded. */
export interface ModelFolder {
  /** The folder's name. */
  readonly name: string;
  readonly dir: string;
  readonly modelPath: string;
  /** In the order of the logits. */
  readonly labels: readonly string[];
  /** Sigmoid for each label instead of softmax over all. */
  readonly multiLabel: boolean;
  /** Tokens the model takes at most, special ones included. */
  readonly windowTokens: number;
  readonly padId: number;
  readonly tokenizerJson: object;
  readonly tokenizerConfig: object;
}

const DEFAULT_WINDOW_TOKENS = 512;

const configSchema = z.looseObject({
  id2label: z.record(z.string().regex(/^\d+$/), z.string()),
  max_position_embeddings: z.int().min(4).optional(),
  pad_token_id: z.int().min(0).nullish(),
  problem_type: z.string().nullish(),
  model_type: z.string().optional(),
});

const tokenizerSchema = z.looseObject({
  model: z.looseObject({}),
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })).optional(),
});

const tokenizerConfigSchema = z.looseObject({
  model_max_length: z.number().optional(),
  pad_token: z.union([z.string(), z.looseObject({ content: z.string() })]).nullish(),
});

/** @throws {CombotError} `MODEL_INVALID` naming the file at fault and what is wrong with it. */
export async function readModelFolder(dir: string): Promise<ModelFolder> {
  const config = await readJson(dir, "config.json", configSchema);
  const tokenizerJson = await readJson(dir, "tokenizer.json", tokenizerSchema);
  const tokenizerConfig = await readJson(dir, "tokenizer_config.json", tokenizerConfigSchema, {});
  return {
    name: basename(dir),
    dir,
    modelPath: await findModel(dir),
    labels: labelsOf(dir, config.id2label),
    multiLabel: config.problem_type === "multi_label_classification",
    windowTokens: windowOf(config, tokenizerConfig.model_max_length),
    padId: padIdOf(config.pad_token_id, tokenizerConfig.pad_token, tokenizerJson.added_tokens ?? []),
    tokenizerJson,
    tokenizerConfig,
  };
}

async function readJson<T extends z.ZodType>(
  dir: string,
  name: string,
  schema: T,
  missing?: z.infer<T>,
): Promise<z.infer<T>> {
  const path = join(dir, name);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (missing !== undefined && systemCodeOf(error) === "ENOENT") return missing;
    throw new CombotError("MODEL_INVALID", `${path} can't be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s*\n\s*/g, " ") : messageOf(error);
    throw new CombotError("MODEL_INVALID", `${path}: ${detail}`, { cause: error });
  }
}

async function findModel(dir: string): Promise<string> {
  const candidates = [join(dir, "model.onnx"), join(dir, "onnx", "model.onnx")];
  for (const path of candidates) {
    const handle = await open(path).catch(() => undefined);
    if (!handle) continue;
    await handle.close();
    return path;
  }
  throw new CombotError("MODEL_INVALID", `neither ${candidates.join(" nor ")} can be read`);
}

function labelsOf(dir: string, id2label: Readonly<Record<string, string>>): string[] {
  const labels = Object.keys(id2label).map((_, index) => id2label[String(index)]);
  if (labels.length < 2 || labels.some((label) => label === undefined)) {
    throw new CombotError(
      "MODEL_INVALID",
      `${join(dir, "config.json")}: id2label must name two labels or more, numbered from 0`,
    );
  }
  return labels as string[];
}

/** RoBERTa kinds count positions from the pad id + 1, so two of theirs are no use for text. */
function windowOf(config: z.infer<typeof configSchema>, maxLength: number | undefined): number {
  const offset = /roberta|camembert|bertweet/.test(config.model_type ?? "") ? (config.pad_token_id ?? 1) + 1 : 0;
  const positions = (config.max_position_embeddings ?? DEFAULT_WINDOW_TOKENS + offset) - offset;
  // Exporters write 1e30 where the tokenizer knows no limit.
  return Math.min(positions, maxLength !== undefined && maxLength >= 4 && maxLength < 1e6 ? maxLength : positions);
}

function padIdOf(
  fromConfig: number | null | undefined,
  token: string | { content: string } | null | undefined,
  added: readonly { id: number; content: string }[],
): number {
  const content = typeof token === "object" ? token?.content : token;
  const named = added.find((entry) => entry.content === (content ?? "[PAD]"));
  return named?.id ?? fromConfig ?? 0;
}
