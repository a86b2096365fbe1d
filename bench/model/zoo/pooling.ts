import type { Net } from "./net.ts";
import { counted, reduce, unsqueeze } from "./shapes.ts";

/** `lastToken` is found by the mask; `lastPlace` is what stands there, padding or not. */
export type Pooling = "first" | "mean" | "max" | "lastToken" | "lastPlace";

/** [batch, sequence, hidden] → [batch, hidden]. @param mask int64 [batch, sequence] */
export function pool(net: Net, input: string, mask: string, pooling: Pooling): string {
  return POOLS[pooling](net, input, mask);
}

const POOLS: Readonly<Record<Pooling, (net: Net, input: string, mask: string) => string>> = {
  first: (net, input) => net.node("Gather", [input, net.integers([0], [])], { axis: 1 }),
  lastPlace: (net, input) => net.node("Gather", [input, net.integers([-1], [])], { axis: 1 }),
  lastToken: lastOf,
  mean: meanOf,
  max: maxOf,
};

function meanOf(net: Net, input: string, mask: string): string {
  const weights = net.cast(unsqueeze(net, mask, [2]), net.float);
  const sum = reduce(net, "ReduceSum", net.node("Mul", [input, weights]), 1);
  const count = reduce(net, "ReduceSum", weights, 1);
  return net.node("Div", [sum, net.node("Max", [count, net.scalar(1)])]);
}

function maxOf(net: Net, input: string, mask: string): string {
  const isToken = net.cast(unsqueeze(net, mask, [2]), "bool");
  return reduce(net, "ReduceMax", net.node("Where", [isToken, input, net.scalar(-10_000)]), 1);
}

/** The place of the last 1 of the mask, on whichever side the padding is; then one row of each text. */
function lastOf(net: Net, input: string, mask: string): string {
  const places = net.node("Mul", [mask, unsqueeze(net, counted(net, mask), [0])]);
  const last = net.node("ArgMax", [places], { axis: 1, keepdims: 0 });
  const rows = counted(net, net.node("Transpose", [mask], { perm: [1, 0] }));
  const pairs = net.node("Concat", [unsqueeze(net, rows, [1]), unsqueeze(net, last, [1])], { axis: 1 });
  return net.node("GatherND", [input, pairs]);
}
