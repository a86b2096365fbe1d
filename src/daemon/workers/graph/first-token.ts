import { integerAttribute } from "./onnx-graph.ts";
import type { GraphNode, OnnxGraph } from "./onnx-graph.ts";

/** One input goes through, each token by itself; the others, if any, must be constants. */
const UNARY = ["Gelu", "FastGelu", "BiasGelu", "Relu", "Tanh", "Erf", "Sqrt", "Identity", "Cast"];
const ARITHMETIC = ["Add", "Sub", "Mul", "Div", "Pow"];
/** Activations in 8 bits, over the range of those that share the product: what is in a batch changes it in any case. */
const QUANTISED_PRODUCT = "DynamicQuantizeMatMul";
const PRODUCTS = ["MatMul", QUANTISED_PRODUCT];

/**
 * Has the last layer compute the first token alone where the classifier reads no other: what follows its attention, nine
 * twelfths of its products, is then computed once a text rather than once a token.
 *
 * The classifier's head takes the first token with `Gather(hidden, 0, axis = 1)`. Whatever works on each token by itself
 * commutes with that, so the Gather moves up, from [batch, tokens, hidden] to the values where tokens last met.
 *
 * Only for weights in 8 bits: in 32 the product of one row is summed in another order than that of several, and answers
 * would no longer be the plain file's to the last bit.
 *
 * @returns whether there was anything to gain; the graph is unchanged where not.
 */
export function keepFirstToken(graph: OnnxGraph): boolean {
  if (graph.isNested) return false;
  const gathers = graph.nodes.filter((node) => takesFirstToken(graph, node));
  const [pick] = gathers;
  if (!pick || gathers.length > 1) return false;
  const region = regionAbove(graph, pick);
  if (!region.some(({ operator }) => operator === QUANTISED_PRODUCT)) return false;
  moveUp(graph, pick, region);
  return true;
}

function takesFirstToken({ constants }: OnnxGraph, node: GraphNode): boolean {
  const index = constants.get(node.inputs[1] ?? "");
  const isFirst = index?.dims.length === 0 && index.integers.length === 1 && index.integers[0] === 0;
  return node.operator === "Gather" && isFirst && integerAttribute(node, "axis") === 1;
}

/** The nodes above `pick` whose results nobody reads but `pick` and each other, and that work token by token. */
function regionAbove(graph: OnnxGraph, pick: GraphNode): GraphNode[] {
  const region = new Set<GraphNode>([pick]);
  for (let before = 0; before < region.size;) {
    before = region.size;
    const values = [...region].flatMap((node) => (node === pick ? [node.inputs[0]!] : tokenInputs(graph, node)!));
    for (const value of values) {
      const producer = graph.producerOf(value);
      const isRead = graph.outputs.includes(value) || graph.consumersOf(value).some((node) => !region.has(node));
      if (producer && !isRead && producer.outputs[0] === value && tokenInputs(graph, producer)) region.add(producer);
    }
  }
  region.delete(pick);
  return [...region];
}

/** The inputs that have a row for each token; undefined where a token's result may depend on another token. */
function tokenInputs({ constants }: OnnxGraph, node: GraphNode): string[] | undefined {
  const { operator, inputs } = node;
  const rank = (name: string): number => constants.get(name)?.dims.length ?? Infinity;
  const [first = "", second = "", ...others] = inputs.filter((name) => name !== "");
  const constantAfter = (names: readonly string[]): boolean => names.every((name) => constants.has(name));
  if (PRODUCTS.includes(operator)) return rank(second) === 2 && constantAfter(others) ? [first] : undefined;
  if (UNARY.includes(operator)) return constantAfter(inputs.slice(1)) ? [first] : undefined;
  if (ARITHMETIC.includes(operator)) {
    const varying = inputs.filter((name) => !constants.has(name));
    return inputs.every((name) => varying.includes(name) || rank(name) < 2) ? varying : undefined;
  }
  const onLastAxis = (integerAttribute(node, "axis") ?? -1) === -1;
  if (operator === "LayerNormalization") return onLastAxis && constantAfter(inputs.slice(1)) ? [first] : undefined;
  if (operator === "SkipLayerNormalization") return constantAfter(others) ? [first, second] : undefined;
  return undefined;
}

function moveUp(graph: OnnxGraph, pick: GraphNode, region: readonly GraphNode[]): void {
  const made = new Set(region.flatMap(({ outputs }) => outputs));
  const picked = new Map<string, GraphNode>();
  for (const node of region) {
    const fromOutside = tokenInputs(graph, node)!.filter((value) => !made.has(value));
    node.inputs = node.inputs.map((value) => {
      if (!fromOutside.includes(value)) return value;
      const output = `${value}/first_token`;
      picked.set(value, { ...pick, inputs: [value, pick.inputs[1]!], outputs: [output] });
      return output;
    });
  }
  const [hidden = ""] = pick.inputs;
  graph.nodes = graph.nodes.flatMap((node) => (node === pick ? [...picked.values()] : [node]));
  for (const node of graph.nodes) {
    node.inputs = node.inputs.map((value) => (value === pick.outputs[0] ? hidden : value));
  }
}
