import type { InferenceSession } from "onnxruntime-node";
import type { Encode } from "../../src/lib/training/tokenizer.ts";
import { padId } from "../../src/lib/training/vocabulary.ts";

/** Runs a model file as the daemon would, one row of logits a text. */
export class OnnxRunner {
  readonly #ort: typeof import("onnxruntime-node");
  readonly #session: InferenceSession;
  readonly #encode: Encode;

  private constructor(ort: typeof import("onnxruntime-node"), session: InferenceSession, encode: Encode) {
    this.#ort = ort;
    this.#session = session;
    this.#encode = encode;
  }

  static async open(model: Uint8Array, encode: Encode): Promise<OnnxRunner> {
    // Read by the library as it is loaded, so it is loaded after.
    process.env["ORT_DISABLE_TELEMETRY"] = "1";
    const ort = (await import("onnxruntime-node")).default;
    return new OnnxRunner(ort, await ort.InferenceSession.create(model, { intraOpNumThreads: 1 }), encode);
  }

  /** Scores texts as one batch, padded to the longest. */
  async score(texts: readonly string[]): Promise<Float32Array[]> {
    const rows = texts.map(this.#encode);
    const width = Math.max(...rows.map((row) => row.length));
    const ids = rows.flatMap((row) => [...row, ...new Array<number>(width - row.length).fill(padId)]);
    const mask = rows.flatMap((row) => Array.from({ length: width }, (_, i) => (i < row.length ? 1 : 0)));
    const tensor = (values: readonly number[]) =>
      new this.#ort.Tensor("int64", BigInt64Array.from(values, BigInt), [texts.length, width]);
    const { logits } = await this.#session.run({ input_ids: tensor(ids), attention_mask: tensor(mask) });
    const scores = logits?.data;
    if (!(scores instanceof Float32Array))
      throw new Error("the model answered with something else than float32 logits");
    const perText = scores.length / texts.length;
    return texts.map((_, i) => scores.slice(i * perText, (i + 1) * perText));
  }
}

/** Largest difference between logits of texts alone and in padded batches; 0 is equal to the last bit. */
export async function measureBatchDrift(
  runner: OnnxRunner,
  texts: readonly string[],
  batchSize: number,
): Promise<number> {
  let drift = 0;
  for (let start = 0; start < texts.length; start += batchSize) {
    const batch = texts.slice(start, start + batchSize);
    const together = await runner.score(batch);
    for (const [index, text] of batch.entries()) {
      const [alone] = await runner.score([text]);
      const gaps = (together[index] ?? []).map((logit, label) => Math.abs(logit - (alone?.[label] ?? Number.NaN)));
      drift = Math.max(drift, ...gaps);
    }
  }
  return drift;
}
