import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeModel, encodeModelWithExternalData } from "../../../src/lib/onnx/model.ts";
import type { BuiltModel, ZooEntry } from "./entry.ts";
import { askPlain, openPlain } from "./run.ts";
import type { Question } from "./run.ts";
import { zooTexts } from "./texts.ts";
import { idsByHand, specialId, tokenizerConfigJson, tokenizerJson } from "./tokens.ts";

const MODEL = "model.onnx";
const DATA = "model.onnx_data";
const SAMPLE_TEXTS = 64;
const SAMPLE_SEED = 77;

/** Writes the folder of an entry: what `optimum-cli export onnx` would have left of such a model. */
export async function writeZooFolder(dir: string, entry: ZooEntry): Promise<void> {
  mkdirSync(dir, { recursive: true });
  writeModel(dir, entry.build());
  const bias = await balance(dir, entry);
  writeModel(dir, entry.build(bias));
  const { family, words, windowTokens } = entry;
  writeJson(dir, "tokenizer.json", tokenizerJson(family, words));
  writeJson(dir, "tokenizer_config.json", tokenizerConfigJson(family, windowTokens));
  writeJson(dir, "config.json", configJson(entry));
}

export function questionFor(entry: ZooEntry, texts: readonly string[]): Question {
  const { family, windowTokens, output, expect } = entry;
  const paddingSide = family.paddingSide ?? "right";
  const ids = texts.map((text) => idsByHand(text, family, windowTokens));
  return { ids, padId: specialId(family, family.pad), paddingSide, output, fixedLength: expect.fixedLength };
}

function writeModel(dir: string, { graph, options, externalData }: BuiltModel): void {
  rmSync(join(dir, DATA), { force: true });
  if (!externalData) return writeFileSync(join(dir, MODEL), encodeModel(graph, options));
  const { model, data } = encodeModelWithExternalData(graph, { ...options, location: DATA });
  writeFileSync(join(dir, DATA), data);
  writeFileSync(join(dir, MODEL), model);
}

/**
 * What to add to the logits so that each label is the answer to some texts: random weights alone would give most texts
 * the same one, and a wrong answer would be none.
 */
async function balance(dir: string, entry: ZooEntry): Promise<Float32Array> {
  const session = await openPlain(join(dir, MODEL));
  const question = questionFor(entry, zooTexts(SAMPLE_TEXTS, entry.words, SAMPLE_SEED));
  const rows = await askPlain(session, question, 1);
  await session.release();
  const logits = rows.map((row) => row.map((value) => logitOf(value, entry)));
  return Float32Array.from({ length: entry.labels }, (_, label) => {
    const mean = logits.reduce((sum, row) => sum + row[label]!, 0) / logits.length;
    // Coarse, so that the last bit of a machine's arithmetic makes no other file.
    return -Math.round(mean * 64) / 64;
  });
}

function logitOf(value: number, { scoring, scoredInGraph }: ZooEntry): number {
  if (!scoredInGraph) return value;
  return scoring === "sigmoid" ? Math.log(value / (1 - value)) : Math.log(value);
}

function configJson({ labels, words, family, windowTokens, config }: ZooEntry): object {
  const names = Array.from({ length: labels }, (_, id) => `LABEL_${id}`);
  return {
    id2label: Object.fromEntries(names.entries()),
    label2id: Object.fromEntries(names.map((label, id) => [label, id])),
    max_position_embeddings: windowTokens,
    pad_token_id: specialId(family, family.pad),
    vocab_size: words + family.specials.length,
    ...config,
  };
}

function writeJson(dir: string, name: string, value: object): void {
  writeFileSync(join(dir, name), `${JSON.stringify(value)}\n`);
}
