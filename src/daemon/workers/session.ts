import { InferenceSession, Tensor } from "onnxruntime-node";
import { messageOf } from "../../lib/errors.ts";
import type { LoadMessage, RunTexts } from "../../lib/protocol/worker-channel.ts";

/** Why a model or an input can't be served, as opposed to a fault of the process. */
export class InvalidModelError extends Error {}

const REQUIRED = ["input_ids", "attention_mask"];
const INPUTS = [...REQUIRED, "token_type_ids"];

type SessionModel = Pick<LoadMessage, "output" | "labels" | "padId" | "padLeft">;

/** One loaded model. */
export class ModelSession {
  readonly #session: InferenceSession;
  readonly #model: SessionModel;

  private constructor(session: InferenceSession, model: SessionModel) {
    this.#session = session;
    this.#model = model;
  }

  /** Loads the model and has it answer the probe. @throws {InvalidModelError} where it is none that can be served. */
  static async load(message: LoadMessage): Promise<ModelSession> {
    const session = await InferenceSession.create(message.modelPath, {
      executionProviders: ["cpu"],
      intraOpNumThreads: message.threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: message.prepared ? "disabled" : "all",
      // Spinning threads would burn the core that the other workers share.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
      logSeverityLevel: 3,
    }).catch(blameModel);
    checkSignature(session, message.output);
    const loaded = new ModelSession(session, message);
    await loaded.#answerProbe(message.probe).catch(blameModel);
    return loaded;
  }

  /** The probe beside its own head: two texts of two lengths, so that batches and padding are tried as well. */
  async #answerProbe(probe: Int32Array): Promise<void> {
    const head = probe.subarray(0, Math.max(1, probe.length - 1));
    const lengths = Int32Array.of(probe.length, head.length);
    const logits = await this.run({ ids: Int32Array.from([...probe, ...head]), types: new Int32Array(), lengths });
    if (!logits.every(Number.isFinite)) throw new InvalidModelError("the logits of a text are no finite numbers");
  }

  /** @returns logits, one row a text. */
  async run(texts: RunTexts): Promise<Float32Array> {
    const { output: name, labels } = this.#model;
    const output = (await this.#session.run(this.#feeds(texts), [name]))[name];
    const dims = output?.dims.join(" × ");
    const count = texts.lengths.length;
    if (output?.type !== "float32" || dims !== `${count} × ${labels}`) {
      throw new InvalidModelError(
        `logits are ${output?.type} [${dims}], where ${count} texts and ${labels} labels want float32 [${count} × ${labels}]`,
      );
    }
    return output.data as Float32Array;
  }

  #feeds({ ids, types, lengths }: RunTexts): Record<string, Tensor> {
    const { padId, padLeft } = this.#model;
    const longest = Math.max(...lengths);
    const dims = [lengths.length, longest];
    const inputs = new BigInt64Array(lengths.length * longest).fill(BigInt(padId));
    const mask = new BigInt64Array(inputs.length);
    const typeIds = new BigInt64Array(inputs.length);
    let from = 0;
    for (const [row, length] of lengths.entries()) {
      const start = row * longest + (padLeft ? longest - length : 0);
      for (let at = 0; at < length; at++) {
        inputs[start + at] = BigInt(ids[from + at] ?? 0);
        typeIds[start + at] = BigInt(types[from + at] ?? 0);
      }
      mask.fill(1n, start, start + length);
      from += length;
    }
    const all: Record<string, () => Tensor> = {
      input_ids: () => new Tensor("int64", inputs, dims),
      attention_mask: () => new Tensor("int64", mask, dims),
      token_type_ids: () => new Tensor("int64", typeIds, dims),
    };
    return Object.fromEntries(this.#session.inputNames.map((name) => [name, all[name]!()]));
  }
}

/** What the runtime says of a load or of the probe is about the model. */
function blameModel(error: unknown): never {
  throw error instanceof InvalidModelError ? error : new InvalidModelError(messageOf(error));
}

/** The folder's reader looked at the file's header; this is what the runtime makes of it. */
function checkSignature({ inputNames, outputNames, inputMetadata }: InferenceSession, output: string): void {
  const missing = REQUIRED.filter((name) => !inputNames.includes(name));
  if (missing.length > 0) throw new InvalidModelError(`the graph has no input ${missing.join(", ")}`);
  const foreign = inputNames.filter((name) => !INPUTS.includes(name));
  if (foreign.length > 0) throw new InvalidModelError(`the graph wants inputs that no text has: ${foreign.join(", ")}`);
  const other = inputMetadata.find((input) => !input.isTensor || input.type !== "int64");
  if (other)
    throw new InvalidModelError(`the input ${other.name} is ${other.isTensor ? other.type : "no tensor"}, not int64`);
  if (!outputNames.includes(output)) {
    throw new InvalidModelError(`the graph has no output "${output}", only ${outputNames.join(", ")}`);
  }
}
