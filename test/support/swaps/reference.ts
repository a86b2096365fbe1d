import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";

/** What a folder's model answers to a text, by onnxruntime and nothing of combot's. */
export interface Reference {
  readonly label: string;
  readonly score: number;
}

interface Folder {
  readonly dir: string;
  /** The model file, relative to it. */
  readonly file?: string;
}

/** Answers by text, best label alone. @param texts of words that are whole in the model's vocabulary. */
export async function referencesOf(
  { dir, file = "model.onnx" }: Folder,
  texts: readonly string[],
): Promise<Map<string, Reference>> {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(dir, name), "utf8"));
  const { id2label } = read("config.json") as { id2label: Record<string, string> };
  const { model } = read("tokenizer.json") as { model: { vocab: Record<string, number> } };
  const session = await InferenceSession.create(readFileSync(join(dir, file)), { logSeverityLevel: 3 });
  const answers = new Map<string, Reference>();
  for (const text of texts) {
    const scores = softmax(await logitsOf(session, idsOf(text, model.vocab)));
    const best = scores.indexOf(Math.max(...scores));
    answers.set(text, { label: id2label[String(best)] ?? "", score: scores[best] ?? 0 });
  }
  await session.release();
  return answers;
}

function idsOf(text: string, vocabulary: Readonly<Record<string, number>>): bigint[] {
  return ["[CLS]", ...text.split(" "), "[SEP]"].map((word) => {
    const id = vocabulary[word];
    if (id === undefined) throw new Error(`${word} is no whole word of the vocabulary`);
    return BigInt(id);
  });
}

async function logitsOf(session: InferenceSession, ids: readonly bigint[]): Promise<Float32Array> {
  const dims = [1, ids.length];
  const all: Record<string, bigint[]> = {
    input_ids: [...ids],
    attention_mask: ids.map(() => 1n),
    token_type_ids: ids.map(() => 0n),
  };
  const feeds = session.inputNames.map((name) => [name, new Tensor("int64", BigInt64Array.from(all[name]!), dims)]);
  const { logits } = await session.run(Object.fromEntries(feeds) as Record<string, Tensor>);
  return logits?.data as Float32Array;
}

function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = [...logits].map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
