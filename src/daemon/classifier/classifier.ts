import { CombotError } from "../../lib/errors.ts";
import type { ClassifyReply, ClassifyRequest, ClassifyResult } from "../../lib/protocol/classify.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { EncodedText } from "../text/encoder.ts";
import { normalise } from "../text/normalise.ts";
import { hashUser } from "../text/user-hash.ts";
import { bestLabels, probabilitiesOf } from "./scores.ts";

/** Logits for each text, in order; see Queue.submit for what it throws. */
export type Compute = (
  texts: readonly EncodedText[],
  submission: { user: string | undefined; signal: AbortSignal },
) => Promise<{ rows: readonly Float32Array[]; queueMs: number; computeMs: number }>;

export interface ClassifierOptions {
  readonly model: ServedModel;
  readonly compute: Compute;
  readonly userKey: Buffer;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/** From a request to its reply: normalise, tokenise, compute, score. */
export class Classifier {
  readonly #options: ClassifierOptions;

  constructor(options: ClassifierOptions) {
    this.#options = options;
  }

  get model(): ServedModel {
    return this.#options.model;
  }

  /**
   * @param signal aborted when the client has gone.
   * @throws {CombotError} `INVALID_TEXT` with the text's index, `INVALID_REQUEST`, or what the queue throws.
   */
  async classify(request: ClassifyRequest, signal: AbortSignal): Promise<ClassifyReply> {
    const { model, compute, userKey, now } = this.#options;
    const from = now();
    const topK = this.#topKOf(request);
    const texts = (request.texts ?? [request.text ?? ""]).map(normalise);
    const encoded = texts.map((text) => model.encoder.encode(text));
    const user = request.user === undefined ? undefined : hashUser(request.user, userKey);
    const { rows } = await compute(encoded, { user, signal });
    const results = rows.map((row, index) => this.#resultOf(row, topK, encoded[index]?.truncated ?? false));
    const { name, digest } = model;
    return {
      results,
      model: { name, digest: digest.slice(0, 12) },
      durationMs: Math.round((now() - from) * 1000) / 1000,
    };
  }

  #topKOf({ topK = 1 }: ClassifyRequest): number {
    const { length } = this.#options.model.labels;
    if (topK > length) throw new CombotError("INVALID_REQUEST", `topK: at most ${length}, the number of labels`);
    return topK;
  }

  #resultOf(logits: Float32Array, topK: number, truncated: boolean): ClassifyResult {
    const { labels, multiLabel } = this.#options.model;
    const scores = bestLabels(probabilitiesOf(logits, multiLabel), labels, topK);
    const best = scores[0] ?? { label: "", score: 0 };
    return {
      ...best,
      ...(topK > 1 ? { scores } : {}),
      cached: false,
      ...(truncated ? { truncated: true as const } : {}),
    };
  }
}
