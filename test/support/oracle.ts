import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { Tokenizer } from "tokenizers";

/**
 * What a model says by itself: the tokenizers library gives the ids of one text or pair, onnxruntime runs the file of
 * the folder on them alone. Nothing of combot's is in between.
 */
export class Oracle {
  readonly #tokenizer: Tokenizer;
  readonly #session: InferenceSession;

  private constructor(tokenizer: Tokenizer, session: InferenceSession) {
    this.#tokenizer = tokenizer;
    this.#session = session;
  }

  /** @param windowTokens longer texts are cut to it, the longer of a pair first. */
  static async open(dir: string, windowTokens = 512): Promise<Oracle> {
    const tokenizer = Tokenizer.fromString(readFileSync(join(dir, "tokenizer.json"), "utf8"));
    tokenizer.setTruncation(windowTokens, { strategy: "LongestFirst" as never });
    return new Oracle(tokenizer, await InferenceSession.create(join(dir, "model.onnx"), { intraOpNumThreads: 1 }));
  }

  async logits(text: string, pair?: string): Promise<number[]> {
    const encoding = await this.#tokenizer.encode(text, pair ?? null, { addSpecialTokens: true });
    const feeds: Record<string, readonly number[]> = {
      input_ids: encoding.getIds(),
      attention_mask: encoding.getAttentionMask(),
      token_type_ids: encoding.getTypeIds(),
    };
    const tensors = this.#session.inputNames.map((name) => {
      const values = feeds[name] ?? [];
      return [name, new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length])] as const;
    });
    const output = await this.#session.run(Object.fromEntries(tensors));
    return Array.from(output["logits"]?.data as Float32Array);
  }
}

/** By hand: what adds up to one. */
export function shares(logits: readonly number[]): number[] {
  const powers = logits.map((logit) => Math.exp(logit));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
}
