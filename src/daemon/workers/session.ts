import { InferenceSession, Tensor } from "onnxruntime-node";
import { messageOf } from "../../lib/errors.ts";
import type { LoadMessage, RunMessage } from "../../lib/protocol/worker-channel.ts";

/** Why a model or an input can't be served, as opposed to a fault of the process. */
export class InvalidModelError extends Error {}

const REQUIRED = ["input_ids", "attention_mask"];
const INPUTS = [...REQUIRED, "token_type_ids"];

/** One loaded model. */
export class ModelSession {
  readonly #session: InferenceSession;
  readonly #labels: number;
  readonly #padId: number;

  private constructor(session: InferenceSession, labels: number, padId: number) {
    this.#session = session;
    this.#labels = labels;
    this.#padId = padId;
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
    checkSignature(session);
    const loaded = new ModelSession(session, message.labels, message.padId);
    await loaded.#answerProbe(message.probe).catch(blameModel);
    return loaded;
  }

  /** The probe beside its own head: two texts of two lengths, so that batches and padding are tried as well. */
  async #answerProbe(probe: Int32Array): Promise<void> {
    const head = probe.subarray(0, Math.max(1, probe.length - 1));
    const logits = await this.run(Int32Array.from([...probe, ...head]), Int32Array.of(probe.length, head.length));
    if (!logits.every(Number.isFinite)) throw new InvalidModelError("the logits of a text are no finite numbers");
  }

  /** @returns logits, one row a text. */
  async run(ids: RunMessage["ids"], lengths: RunMessage["lengths"]): Promise<Float32Array> {
    const output = (await this.#session.run(this.#feeds(ids, lengths), ["logits"]))["logits"];
    const dims = output?.dims.join(" × ");
    if (output?.type !== "float32" || dims !== `${lengths.length} × ${this.#labels}`) {
      throw new InvalidModelError(
        `logits are ${output?.type} [${dims}], where ${lengths.length} texts and ${this.#labels} labels want float32 [${lengths.length} × ${this.#labels}]`,
      );
    }
    return output.data as Float32Array;
  }

  #feeds(ids: Int32Array, lengths: Int32Array): Record<string, Tensor> {
    const longest = Math.max(...lengths);
    const dims = [lengths.length, longest];
    const inputs = new BigInt64Array(lengths.length * longest).fill(BigInt(this.#padId));
    const mask = new BigInt64Array(lengths.length * longest);
    let from = 0;
    for (const [row, length] of lengths.entries()) {
      for (let at = 0; at < length; at++) inputs[row * longest + at] = BigInt(ids[from + at] ?? 0);
      mask.fill(1n, row * longest, row * longest + length);
      from += length;
    }
    const all: Record<string, () => Tensor> = {
      input_ids: () => new Tensor("int64", inputs, dims),
      attention_mask: () => new Tensor("int64", mask, dims),
      token_type_ids: () => new Tensor("int64", new BigInt64Array(inputs.length), dims),
    };
    return Object.fromEntries(this.#session.inputNames.map((name) => [name, all[name]!()]));
  }
}

/** What the runtime says of a load or of the probe is about the model. */
function blameModel(error: unknown): never {
  throw error instanceof InvalidModelError ? error : new InvalidModelError(messageOf(error));
}

/** The folder's reader looked at the file's header; this is what the runtime makes of it. */
function checkSignature({ inputNames, outputNames, inputMetadata }: InferenceSession): void {
  const missing = REQUIRED.filter((name) => !inputNames.includes(name));
  if (missing.length > 0) throw new InvalidModelError(`the graph has no input ${missing.join(", ")}`);
  const foreign = inputNames.filter((name) => !INPUTS.includes(name));
  if (foreign.length > 0) throw new InvalidModelError(`the graph wants inputs that no text has: ${foreign.join(", ")}`);
  const other = inputMetadata.find((input) => !input.isTensor || input.type !== "int64");
  if (other)
    throw new InvalidModelError(`the input ${other.name} is ${other.isTensor ? other.type : "no tensor"}, not int64`);
  if (!outputNames.includes("logits")) {
    throw new InvalidModelError(`the graph has no output "logits", only ${outputNames.join(", ")}`);
  }
}
