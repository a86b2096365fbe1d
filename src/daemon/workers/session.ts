import { InferenceSession } from "onnxruntime-node";
import { messageOf } from "../../lib/errors.ts";
import type { LoadMessage, RunTexts } from "../../lib/protocol/worker-channel.ts";
import { Inputs } from "./inputs.ts";
import { InvalidModelError } from "./invalid-model.ts";
import { separate } from "./layout.ts";
import { readOutput } from "./output.ts";
import { joinTexts } from "./texts.ts";

type SessionModel = Pick<LoadMessage, "output" | "labels" | "padId" | "padLeft">;

/** One loaded model. */
export class ModelSession {
  readonly #session: InferenceSession;
  readonly #model: SessionModel;
  readonly #inputs: Inputs;

  private constructor(session: InferenceSession, model: SessionModel) {
    this.#session = session;
    this.#model = model;
    this.#inputs = new Inputs(session.inputMetadata);
    const { outputNames } = session;
    if (!outputNames.includes(model.output))
      throw new InvalidModelError(`the graph has no output "${model.output}", only ${outputNames.join(", ")}`);
  }

  /** Loads the model and has it answer the probe. @throws {InvalidModelError} where it is none that can be served. */
  static async load(message: LoadMessage): Promise<ModelSession> {
    try {
      const session = await InferenceSession.create(message.modelPath, {
        executionProviders: ["cpu"],
        intraOpNumThreads: message.threads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        graphOptimizationLevel: message.prepared ? "disabled" : "all",
        // Spinning threads would burn the core that the other workers share.
        extra: { session: { intra_op: { allow_spinning: "0" } } },
        logSeverityLevel: 3,
      });
      const loaded = new ModelSession(session, message);
      await loaded.#answerProbe(message.probe);
      return loaded;
    } catch (error) {
      // What the runtime says of a load or of the probe is about the model.
      throw error instanceof InvalidModelError
        ? error
        : new InvalidModelError(inWords(messageOf(error)), { cause: error });
    }
  }

  /** The graph takes one text at a time. */
  get oneByOne(): boolean {
    return this.#inputs.oneByOne;
  }

  /** @returns one row of numbers a text. @throws {InvalidModelError} */
  async run(texts: RunTexts): Promise<Float32Array> {
    if (!this.oneByOne || texts.lengths.length === 1) return this.#runBatch(texts);
    const { labels } = this.#model;
    const rows = new Float32Array(texts.lengths.length * labels);
    for (const [row, text] of separate(texts).entries()) rows.set(await this.#runBatch(text), row * labels);
    return rows;
  }

  async #runBatch(texts: RunTexts): Promise<Float32Array> {
    const { output, labels } = this.#model;
    const found = await this.#session.run(this.#inputs.feeds(texts, this.#model), [output]);
    const rows = readOutput(found[output], texts.lengths.length, labels);
    if (!rows.every(Number.isFinite)) throw new InvalidModelError("the logits of a text are no finite numbers");
    return rows;
  }

  /** The probe beside its own head: two texts of two lengths, so that batches and padding are tried as well. */
  async #answerProbe(probe: Int32Array): Promise<void> {
    const head = probe.subarray(0, Math.max(1, probe.length - 1));
    await this.run(joinTexts([{ ids: probe }, { ids: head }]));
  }
}

/** The runtime names a type that it can compute with but not hand out by its number alone. */
function inWords(detail: string): string {
  if (detail !== "Unsupported data type: 16") return detail;
  return "an input or output is bfloat16, which the runtime does not hand out: export it with logits in float32";
}
