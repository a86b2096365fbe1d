import { floatTensor } from "../../../src/lib/onnx/tensor.ts";
import { lookup } from "./linear.ts";
import type { Net } from "./net.ts";
import { counted, distances, slice, unsqueeze } from "./shapes.ts";

/** The tokens before this one and itself: 1, 2, 3 … for tokens, whatever for padding. */
function countedTokens(net: Net, mask: string): string {
  return net.node("CumSum", [mask, net.integers([1], [])]);
}

/** RoBERTa's: from the pad id + 1 on; padding has the pad id. @param mask 1 where a token is. */
export function offsetPositions(net: Net, mask: string, padId: number): string {
  const tokens = net.node("Mul", [countedTokens(net, mask), mask]);
  return net.node("Add", [tokens, net.integers([padId], [])]);
}

/** 0, 1, 2 … for tokens wherever the padding is; 0 and less for what stands before them is made 0. */
export function maskedPositions(net: Net, mask: string): string {
  const places = net.node("Sub", [countedTokens(net, mask), net.integers([1], [])]);
  const isToken = net.cast(mask, "bool");
  return net.node("Where", [isToken, places, net.integers([0], [])]);
}

/** [1, sequence] */
export function plainPositions(net: Net, ids: string): string {
  return unsqueeze(net, counted(net, ids), [0]);
}

const REACH = 16;

/** [1, heads, sequence, sequence]: an own number for each distance up to a limit, learned for each head. */
export function clampedBias(net: Net, ids: string, name: string, heads: number): string {
  return biasOf(net, relativePlaces(net, ids, REACH), name, [2 * REACH, heads]);
}

/** [1, 1, sequence, sequence]: distances from 0 to 2 · reach − 1. */
export function relativePlaces(net: Net, ids: string, reach: number): string {
  const low = net.node("Max", [distances(net, ids), net.integers([-reach], [])]);
  const clamped = net.node("Min", [low, net.integers([reach - 1], [])]);
  return net.node("Add", [clamped, net.integers([reach], [])]);
}

/** T5's: exact distances up to 8, then buckets that grow by the logarithm, each for both directions. */
export function bucketBias(net: Net, ids: string, name: string, heads: number): string {
  const difference = distances(net, ids);
  const far = net.node("Abs", [difference]);
  const ratio = net.node("Div", [
    net.cast(net.node("Max", [far, net.integers([1], [])]), "float32"),
    net.scalar(8, "float32"),
  ]);
  const scaled = net.node("Mul", [net.node("Log", [ratio]), net.scalar(8 / Math.log(16), "float32")]);
  const grown = net.node("Add", [net.cast(scaled, "int64"), net.integers([8], [])]);
  const isNear = net.node("Less", [far, net.integers([8], [])]);
  const bucket = net.node("Where", [isNear, far, net.node("Min", [grown, net.integers([15], [])])]);
  const ahead = net.cast(net.node("Greater", [difference, net.integers([0], [])]), "int64");
  const both = net.node("Add", [bucket, net.node("Mul", [ahead, net.integers([16], [])])]);
  return biasOf(net, both, name, [32, heads]);
}

/** @param places [1, 1, sequence, sequence] */
function biasOf(net: Net, places: string, name: string, dims: readonly [number, number]): string {
  const flat = net.node(
    "Squeeze",
    net.since(13) ? [places, net.integers([0, 1])] : [places],
    net.since(13) ? {} : { axes: [0, 1] },
  );
  const picked = lookup(net, flat, name, dims, 1);
  return unsqueeze(net, net.node("Transpose", [picked], { perm: [2, 0, 1] }), [0]);
}

/** Turns pairs of a vector by an angle that grows with the place. @param places [1 or batch, sequence] */
export function rotation(net: Net, places: string, size: number, base: number): (input: string) => string {
  const half = size / 2;
  const speeds = net.constant(`speeds_${size}_${base}`, () =>
    floatTensor(Array.from({ length: half }, (_, at) => base ** (-at / half))),
  );
  const angles = net.node("Mul", [unsqueeze(net, net.cast(places, "float32"), [2]), speeds]);
  const wide = unsqueeze(net, net.node("Concat", [angles, angles], { axis: -1 }), [1]);
  const [cosine, sine] = ["Cos", "Sin"].map((operator) => inType(net, net.node(operator, [wide])));
  return (input) => {
    const [low, high] = [slice(net, input, 3, 0, half), slice(net, input, 3, half, size)];
    const turned = net.node("Concat", [net.node("Neg", [high]), low], { axis: -1 });
    return net.node("Add", [net.node("Mul", [input, cosine!]), net.node("Mul", [turned, sine!])]);
  };
}

function inType(net: Net, input: string): string {
  return net.float === "float32" ? input : net.cast(input, net.float);
}
