import { elementTypes } from "./tensor.ts";
import type { ElementType, Tensor } from "./tensor.ts";

/** A symbolic dimension is its name, e.g. `"batch"`. */
export type Dimension = number | string;

/**
 * An attribute. A bare number is an ONNX int: write `{ float: 1 }` for a float, since 1 and 1.0
 * are one value in JavaScript and two attribute types in ONNX.
 */
export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | Tensor
  | Graph
  | { float: number }
  | { floats: readonly number[] };
export type Attributes = Readonly<Record<string, Attribute>>;

export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly Dimension[];
}

export interface Node {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface NodeOptions {
  /** Names of the outputs; the first is what `node` returns. Left out: one name made from the operator. */
  outputs?: readonly string[];
  /** For operators outside the ONNX standard, e.g. `com.microsoft`. Import it in `encodeModel` too. */
  domain?: string;
}

/**
 * Collects a graph in the order its parts are added. ONNX wants nodes sorted so that each reads
 * only what stands before it: add them in that order. Names are checked for doubles, nothing
 * else is: tests need graphs that are wrong on purpose.
 */
export class Graph {
  readonly name: string;
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  readonly nodes: Node[] = [];
  readonly initializers: { readonly name: string; readonly tensor: Tensor }[] = [];
  readonly #names = new Set<string>();

  constructor(name: string) {
    this.name = name;
  }

  input(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.inputs.push({ name: this.#claim(name), type: known(type), dims });
    return name;
  }

  /** Declares `name`, which a node must have made, as an output of the graph. */
  output(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.outputs.push({ name, type: known(type), dims });
    return name;
  }

  initializer(name: string, tensor: Tensor): string {
    this.initializers.push({ name: this.#claim(name), tensor });
    return name;
  }

  /** Adds a node; `""` among the inputs leaves an optional one out. Returns its first output's name. */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}, options: NodeOptions = {}): string {
    const outputs = options.outputs ?? [this.#freeName(operator)];
    for (const output of outputs) this.#claim(output);
    const [first] = outputs;
    if (first === undefined) throw new RangeError(`${operator}: a node needs an output`);
    this.nodes.push({ name: `${first}_node`, operator, domain: options.domain ?? "", inputs, outputs, attributes });
    return first;
  }

  #freeName(operator: string): string {
    let count = this.nodes.length;
    while (this.#names.has(`${operator}_${count}`)) count++;
    return `${operator}_${count}`;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) throw new RangeError(`two values named ${name}`);
    this.#names.add(name);
    return name;
  }
}

function known(type: ElementType): ElementType {
  if (!(type in elementTypes)) throw new RangeError(`no element type ${type}`);
  return type;
}
