import { linear } from "./linear.ts";
import type { Net } from "./net.ts";
import { reshape, sizeOf, softmax, unsqueeze } from "./shapes.ts";

export interface AttentionSpec {
  readonly hidden: number;
  readonly heads: number;
  /** Fewer keys and values than queries. */
  readonly keyHeads?: number | undefined;
  /** Query, key and value come of one matrix. */
  readonly packed?: boolean;
  readonly bias?: boolean;
  /** Of the scores: 1 / √size of a head where left out. */
  readonly scale?: number;
}

/** What is done to queries and keys, and to the scores before the softmax. All are [batch, heads, sequence, …]. */
export interface AttentionHooks {
  readonly rotate?: (input: string) => string;
  readonly adjust?: (scores: string, query: string, key: string) => string;
}

/** @param input [batch, sequence, hidden] */
export function attend(net: Net, input: string, name: string, spec: AttentionSpec, hooks: AttentionHooks = {}): string {
  const { heads, keyHeads = heads, hidden, bias = true } = spec;
  const { rotate = (same) => same, adjust = (same) => same } = hooks;
  const size = hidden / heads;
  const [query, key, value] = project(net, input, name, spec);
  const [queries, keys] = [rotate(query), rotate(repeat(net, key, heads, keyHeads, size))];
  const turned = net.node("Transpose", [keys], { perm: [0, 1, 3, 2] });
  const scale = net.scalar(spec.scale ?? 1 / Math.sqrt(size));
  const scores = net.node("Mul", [net.node("MatMul", [queries, turned]), scale]);
  const shares = softmax(net, adjust(scores, queries, keys), 4);
  const context = net.node("MatMul", [shares, repeat(net, value, heads, keyHeads, size)]);
  const joined = reshape(net, net.node("Transpose", [context], { perm: [0, 2, 1, 3] }), [0, 0, hidden]);
  return linear(net, joined, `${name}.output`, [hidden, hidden], { bias });
}

/** [batch, heads, sequence, size] each. */
function project(net: Net, input: string, name: string, spec: AttentionSpec): [string, string, string] {
  const { hidden, heads, keyHeads = heads, packed = false, bias = true } = spec;
  const size = hidden / heads;
  const split = (value: string, count: number): string =>
    net.node("Transpose", [reshape(net, value, [0, 0, count, size])], { perm: [0, 2, 1, 3] });
  if (!packed) {
    const one = (part: string, count: number): string =>
      split(linear(net, input, `${name}.${part}`, [hidden, count * size], { bias }), count);
    return [one("query", heads), one("key", keyHeads), one("value", keyHeads)];
  }
  const all = reshape(net, linear(net, input, `${name}.qkv`, [hidden, 3 * hidden], { bias }), [0, 0, 3, heads, size]);
  const parts = [0, 1, 2].map((at) =>
    net.node("Transpose", [net.node("Gather", [all, net.integers([at], [])], { axis: 2 })], { perm: [0, 2, 1, 3] }),
  );
  return parts as [string, string, string];
}

/** Each head of the keys for several of the queries. */
function repeat(net: Net, input: string, heads: number, keyHeads: number, size: number): string {
  if (heads === keyHeads) return input;
  const [batch, length] = [sizeOf(net, input, 0), sizeOf(net, input, 2)];
  const numbers = [net.integers([keyHeads]), net.integers([heads / keyHeads]), length, net.integers([size])];
  const wide = net.node("Expand", [unsqueeze(net, input, [2]), net.node("Concat", [batch, ...numbers], { axis: 0 })]);
  return reshape(net, wide, [batch, heads, length, size]);
}
