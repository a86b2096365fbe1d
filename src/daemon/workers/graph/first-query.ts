import { integerAttribute, integersAttribute } from "./onnx-graph.ts";
import type { GraphNode, OnnxGraph } from "./onnx-graph.ts";

/** What may stand between the scores of attention and its use, each passing a row of scores by itself. */
const BETWEEN = ["Softmax", "Where", "Add", "Div", "Mul"];
const HEADS_FIRST = [0, 2, 1, 3];

/** The last attention, as the optimiser leaves it for BERT's kind: context = reshape(transpose(scores · values)). */
interface Attention {
  readonly context: GraphNode;
  /** Takes the context's first token. */
  readonly pick: GraphNode;
  readonly splitQuery: GraphNode;
  readonly query: GraphNode;
  readonly quantise: GraphNode;
  readonly heads: number;
  readonly size: number;
}

/**
 * Has the last attention ask for the first token alone, where nothing reads what it gives the others: their queries, and
 * their rows of scores, are not computed. To be called after `keepFirstToken`.
 *
 * @returns whether there was such an attention; the graph is unchanged where not.
 */
export function keepFirstQuery(graph: OnnxGraph): boolean {
  const found = graph.nodes.map((node) => attentionBelow(graph, node)).find((attention) => attention !== undefined);
  if (!found) return false;
  const { context, pick, splitQuery, query, quantise, heads, size } = found;
  const [input = ""] = quantise.inputs;
  const first = `${input}/first_token`;
  const outputs = quantise.outputs.map((name) => `${name}/first_token`);
  if (!graph.producerOf(first)) graph.nodes.push({ ...pick, inputs: [input, pick.inputs[1]!], outputs: [first] });
  graph.nodes.push({ ...quantise, inputs: [first], outputs });
  query.inputs = query.inputs.map((name) => outputs[quantise.outputs.indexOf(name)] ?? name);
  splitQuery.inputs = [splitQuery.inputs[0]!, graph.addIntegers("first_query/split", [-1, 1, heads, size])];
  context.inputs = [context.inputs[0]!, graph.addIntegers("first_query/joined", [-1, heads * size])];
  context.outputs = pick.outputs;
  graph.nodes = graph.nodes.filter((node) => node !== pick);
  return true;
}

/** @param pick a Gather, perhaps of the first token of an attention's context. */
function attentionBelow(graph: OnnxGraph, pick: GraphNode): Attention | undefined {
  if (pick.operator !== "Gather" || !pick.outputs[0]?.endsWith("/first_token")) return undefined;
  const up = (node: GraphNode | undefined, operator: string, input = 0): GraphNode | undefined => {
    const above = node && graph.producerOf(node.inputs[input] ?? "");
    return above && operator === above.operator && isReadOnce(graph, above) ? above : undefined;
  };
  const context = up(pick, "Reshape");
  const mixed = up(up(context, "Transpose"), "MatMul");
  const scores = mixed && scoresAbove(graph, graph.producerOf(mixed.inputs[0] ?? ""));
  const turned = up(scores, "Transpose");
  const splitQuery = up(turned, "Reshape");
  const query = up(splitQuery, "MatMulIntegerToFloat");
  const quantise = query && graph.producerOf(query.inputs[0] ?? "");
  if (!context || !turned || !splitQuery || !query || quantise?.operator !== "DynamicQuantizeLinear") return undefined;
  if (integersAttribute(turned, "perm").join() !== HEADS_FIRST.join()) return undefined;
  const [heads, size] = shapeOf(graph, splitQuery.inputs[1] ?? "").slice(-2);
  return heads && size ? { context, pick, splitQuery, query, quantise, heads, size } : undefined;
}

/** The product of queries and keys that `node` goes back to; what it is masked by leads to no product. */
function scoresAbove(graph: OnnxGraph, node: GraphNode | undefined): GraphNode | undefined {
  if (!node || !isReadOnce(graph, node)) return undefined;
  const isProduct = node.operator === "MatMul" || node.operator === "FusedMatMul";
  if (isProduct) return integerAttribute(node, "transA") ? undefined : node;
  if (!BETWEEN.includes(node.operator)) return undefined;
  const above = node.inputs.map((name) => scoresAbove(graph, graph.producerOf(name)));
  return above.find((found) => found !== undefined);
}

/** By one node, not counting those that ask for its shape. */
function isReadOnce(graph: OnnxGraph, { outputs }: GraphNode): boolean {
  return graph.consumersOf(outputs[0] ?? "").filter(({ operator }) => operator !== "Shape").length === 1;
}

/** The numbers of a shape, NaN where one is worked out at run time. */
function shapeOf(graph: OnnxGraph, value: string): readonly number[] {
  const constant = graph.constants.get(value);
  if (constant) return constant.integers;
  const made = graph.producerOf(value);
  if (made?.operator !== "Concat") return [];
  return made.inputs.map((name) => graph.constants.get(name)?.integers[0] ?? NaN);
}
