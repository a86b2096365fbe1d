import { int64Tensor } from "../../../src/lib/onnx/tensor.ts";
import type { Net } from "./net.ts";

/** Operators that move values about; what changed with the opsets is decided here. */

/** A size that is known at run time only, as a vector of one. */
export function sizeOf(net: Net, of: string, axis: number): string {
  return net.node("Gather", [net.node("Shape", [of]), net.integers([axis])], { axis: 0 });
}

/** A string among the dimensions is a vector of one made by `sizeOf`; 0 copies the input's. */
export function reshape(net: Net, input: string, dims: readonly (number | string)[]): string {
  if (dims.every((dim) => typeof dim === "number")) return net.node("Reshape", [input, net.integers(dims)]);
  const parts = dims.map((dim) => (typeof dim === "number" ? net.integers([dim]) : dim));
  return net.node("Reshape", [input, net.node("Concat", parts, { axis: 0 })]);
}

export function unsqueeze(net: Net, input: string, axes: readonly number[]): string {
  return net.since(13) ? net.node("Unsqueeze", [input, net.integers(axes)]) : net.node("Unsqueeze", [input], { axes });
}

export function squeeze(net: Net, input: string, axes: readonly number[]): string {
  return net.since(13) ? net.node("Squeeze", [input, net.integers(axes)]) : net.node("Squeeze", [input], { axes });
}

type Reduction = "ReduceMean" | "ReduceSum" | "ReduceMax";

export function reduce(net: Net, operator: Reduction, input: string, axis: number, keepdims: 0 | 1 = 0): string {
  const byInput = net.since(operator === "ReduceSum" ? 13 : 18);
  if (byInput) return net.node(operator, [input, net.integers([axis])], { keepdims });
  return net.node(operator, [input], { axes: [axis], keepdims });
}

/** Part of an axis. @param ends a number, or the name of a vector of one. */
export function slice(net: Net, input: string, axis: number, start: number, end: number | string): string {
  if (!net.since(10)) return net.node("Slice", [input], { axes: [axis], starts: [start], ends: [Number(end)] });
  const ends = typeof end === "number" ? net.integers([end]) : end;
  return net.node("Slice", [input, net.integers([start]), ends, net.integers([axis])]);
}

/** 0, 1, 2 … as long as axis 1 of `of`: a vector. Below opset 11 there is no Range. */
export function counted(net: Net, of: string): string {
  const size = sizeOf(net, of, 1);
  if (net.since(11)) {
    const [zero, one] = [net.integers([0], []), net.integers([1], [])];
    return net.node("Range", [zero, squeeze(net, size, [0]), one]);
  }
  const ones = net.node("ConstantOfShape", [size], { value: int64Tensor([1]) });
  return squeeze(net, net.node("NonZero", [ones]), [0]);
}

/** Over the last axis. Before opset 13 a negative axis means something else. */
export function softmax(net: Net, input: string, rank: number): string {
  return net.node("Softmax", [input], { axis: net.since(13) ? -1 : rank - 1 });
}

/** [1, 1, sequence, sequence]: the place of the key less that of the query, int64. */
export function distances(net: Net, ids: string): string {
  const places = counted(net, ids);
  const difference = net.node("Sub", [unsqueeze(net, places, [0]), unsqueeze(net, places, [1])]);
  return unsqueeze(net, difference, [0, 1]);
}
