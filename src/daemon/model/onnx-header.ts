import { GraphNodes } from "./onnx-graph.ts";
import type { GraphActivation } from "./onnx-graph.ts";
import { readValue } from "./onnx-values.ts";
import type { OnnxValue } from "./onnx-values.ts";
import { WeightFinder } from "./onnx-weights.ts";
import { MalformedError, ProtobufFile, integer, message } from "./protobuf-file.ts";
import type { Field, Span } from "./protobuf-file.ts";

/**
 * What an ONNX file says of itself, without its weights. Field numbers in the files that read it are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export interface OnnxHeader {
  readonly irVersion: number;
  /** Name and version of what wrote it; may be empty. */
  readonly producer: string;
  /** Version by domain; the standard operators' domain is "". */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Files that hold weights, by name relative to the model file, and the bytes each must have. */
  readonly externalData: ReadonlyMap<string, number>;
  /** What the graph itself applied to an output, by its name. */
  readonly activations: ReadonlyMap<string, GraphActivation>;
  /** How many tokens it has embeddings for; undefined where the graph doesn't tell. */
  readonly embeddings: number | undefined;
}

const LFS_POINTER = "version https://git-lfs";

/**
 * Reads the header alone: a file of gigabytes takes no longer than one of megabytes.
 *
 * @throws {MalformedError} where it is no ONNX model or not all of one, or keeps weights outside its folder.
 */
export async function readOnnxHeader(path: string): Promise<OnnxHeader> {
  const file = await ProtobufFile.open(path);
  try {
    if (file.size === 0) throw new MalformedError("it is empty");
    const head = { number: 0, kind: "bytes", value: 0, from: 0, to: Math.min(file.size, LFS_POINTER.length) } as const;
    if ((await file.text(head)) === LFS_POINTER) {
      throw new MalformedError("it is a pointer of Git LFS and not the model: git lfs pull fetches that");
    }
    return await new HeaderReader(file).read();
  } finally {
    await file.close();
  }
}

/** Reads one header. */
class HeaderReader {
  readonly #file: ProtobufFile;
  readonly #weights: WeightFinder;
  readonly #nodes: GraphNodes;
  readonly #producer: string[] = [];
  readonly #opsets = new Map<string, number>();
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #initializers = new Set<string>();
  #irVersion = 0;
  #graphs = 0;

  constructor(file: ProtobufFile) {
    this.#file = file;
    this.#nodes = new GraphNodes(file);
    this.#weights = new WeightFinder(file);
  }

  async read(): Promise<OnnxHeader> {
    await this.#readModel();
    if (this.#irVersion < 1) throw new MalformedError("it is no ONNX model: it tells no version of the format");
    if (this.#graphs !== 1)
      throw new MalformedError(
        `it is no ONNX model, or cut off: it holds ${this.#graphs === 0 ? "no graph" : "several graphs"}`,
      );
    if (this.#opsets.size === 0) throw new MalformedError("it is no ONNX model, or cut off: it names no operator set");
    return {
      irVersion: this.#irVersion,
      producer: this.#producer.filter(Boolean).join(" "),
      opsets: this.#opsets,
      // Early versions of the format list weights among the inputs as well.
      inputs: this.#inputs.filter(({ name }) => !this.#initializers.has(name)),
      outputs: this.#outputs,
      externalData: this.#weights.external,
      activations: this.#activations(),
      embeddings: this.#nodes.embeddings,
    };
  }

  async #readModel(): Promise<void> {
    for await (const field of this.#file.fields({ from: 0, to: this.#file.size })) {
      if (field.number === 1) this.#irVersion = integer(field);
      else if (field.number === 2 || field.number === 3) this.#producer.push(await this.#file.text(field));
      else if (field.number === 7) await this.#readGraph(message(field));
      else if (field.number === 8) await this.#readOpset(message(field));
      else if (field.number === 25) await this.#readFunction(message(field));
    }
  }

  async #readGraph(span: Span): Promise<void> {
    this.#graphs++;
    for await (const field of this.#file.fields(span)) {
      if (field.number === 11) this.#inputs.push(await readValue(this.#file, message(field)));
      else if (field.number === 12) this.#outputs.push(await readValue(this.#file, message(field)));
      else await this.#readPart(field);
    }
  }

  async #readPart(field: Field): Promise<void> {
    if (field.number === 1) await this.#nodes.readNode(message(field));
    const weight = await this.#weights.readGraphField(field);
    if (!weight) return;
    this.#initializers.add(weight.name);
    this.#nodes.addWeight(weight.name, weight.dims);
  }

  #activations(): Map<string, GraphActivation> {
    const found = this.#outputs.map(({ name }) => [name, this.#nodes.activationOf(name)] as const);
    return new Map(found.filter((entry): entry is [string, GraphActivation] => entry[1] !== undefined));
  }

  async #readOpset(span: Span): Promise<void> {
    let domain = "";
    let version = 0;
    for await (const field of this.#file.fields(span)) {
      if (field.number === 1) domain = await this.#file.text(field);
      else if (field.number === 2) version = integer(field);
    }
    this.#opsets.set(domain === "ai.onnx" ? "" : domain, version);
  }

  async #readFunction(span: Span): Promise<void> {
    for await (const field of this.#file.fields(span)) {
      if (field.number === 7) await this.#weights.readNode(message(field));
    }
  }
}
