import type { ProtobufFile, Span } from "./protobuf-file.ts";

/** What a graph itself applies to its scores, as far as its operators tell. */
export type GraphActivation = "softmax" | "log-softmax" | "sigmoid";

interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
}

/** They change the form of an answer, and nothing that it says. */
const PASSING = /^(?:Identity|Cast|CastLike|Reshape|Squeeze|Unsqueeze|Flatten|QuantizeLinear|DequantizeLinear)$/;
const ACTIVATIONS: Readonly<Record<string, GraphActivation>> = {
  Softmax: "softmax",
  QLinearSoftmax: "softmax",
  LogSoftmax: "log-softmax",
  Sigmoid: "sigmoid",
  QLinearSigmoid: "sigmoid",
};
/** By the place of the table and of the ids among their inputs. */
const LOOKUPS: Readonly<Record<string, readonly [table: number, ids: number]>> = {
  Gather: [0, 1],
  GatherBlockQuantized: [0, 1],
  EmbedLayerNormalization: [2, 0],
  QEmbedLayerNormalization: [2, 0],
};
const IDS = "input_ids";
/** No answer passes through more of them. */
const LONGEST_PATH = 32;

/** The operators of the outermost graph and the sizes of its weights: enough to follow a value back. */
export class GraphNodes {
  readonly #file: ProtobufFile;
  /** By each of its outputs. */
  readonly #makers = new Map<string, Node>();
  readonly #lookups: Node[] = [];
  readonly #rows = new Map<string, number>();

  constructor(file: ProtobufFile) {
    this.#file = file;
  }

  /** A NodeProto. @throws {MalformedError} */
  async readNode(span: Span): Promise<void> {
    const [inputs, outputs]: [string[], string[]] = [[], []];
    let operator = "";
    for await (const field of this.#file.fields(span)) {
      if (field.number === 1) inputs.push(await this.#file.text(field));
      else if (field.number === 2) outputs.push(await this.#file.text(field));
      else if (field.number === 4) operator = await this.#file.text(field);
    }
    const node = { operator, inputs };
    for (const output of outputs) this.#makers.set(output, node);
    if (Object.hasOwn(LOOKUPS, operator)) this.#lookups.push(node);
  }

  /** @param dims of a weight of that name. */
  addWeight(name: string, dims: readonly number[]): void {
    if (dims[0] !== undefined) this.#rows.set(name, dims[0]);
  }

  /** What was applied last to what becomes this output. */
  activationOf(output: string): GraphActivation | undefined {
    const last = this.#trace(output);
    // e to a logarithm is the number itself.
    if (last?.operator === "Exp")
      return this.#trace(last.inputs[0] ?? "")?.operator === "LogSoftmax" ? "softmax" : undefined;
    return last && Object.hasOwn(ACTIVATIONS, last.operator) ? ACTIVATIONS[last.operator] : undefined;
  }

  /** How many tokens the graph has embeddings for; undefined where that can't be told. */
  get embeddings(): number | undefined {
    const tables = this.#lookups.flatMap(({ operator, inputs }) => {
      const [table, ids] = LOOKUPS[operator] ?? [0, 1];
      return this.#originOf(inputs[ids] ?? "") === IDS ? [this.#rows.get(this.#originOf(inputs[table] ?? ""))] : [];
    });
    return tables.length === 1 ? tables[0] : undefined;
  }

  /** The first operator on the way back that does something; undefined where there is none. */
  #trace(value: string): Node | undefined {
    return this.#makers.get(this.#originOf(value));
  }

  #originOf(value: string): string {
    let name = value;
    for (let steps = 0; steps < LONGEST_PATH; steps++) {
      const maker = this.#makers.get(name);
      if (!maker || !PASSING.test(maker.operator)) return name;
      name = maker.inputs[0] ?? "";
    }
    return name;
  }
}
