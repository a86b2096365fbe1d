import { classic } from "../classic.ts";
import type { ClassicSpec, TextInputs } from "../classic.ts";
import { convolve } from "../convolution.ts";
import type { ZooEntry } from "../entry.ts";
import { pool } from "../pooling.ts";
import { recur } from "../recurrent.ts";
import type { RecurrentSpec } from "../recurrent.ts";
import { reduce, unsqueeze } from "../shapes.ts";

const WIDTH = 64;

function cnn(name: string, heeded: boolean, more: Partial<ClassicSpec> = {}): ZooEntry {
  const expect = { ...(heeded ? {} : { dependsOnPadding: true }), ...more.expect };
  return classic({ name, read: (inputs) => convolve(inputs, WIDTH, heeded), ...more, expect });
}

function recurrent(name: string, spec: RecurrentSpec, more: Partial<ClassicSpec> = {}): ZooEntry {
  const { expect = spec.reads === "ends" ? {} : { dependsOnPadding: true } } = more;
  return classic({ name, read: (inputs) => recur(inputs, WIDTH, spec), ...more, expect });
}

/** A mean over tokens that are told from padding by their id, not by a mask. */
function meanById({ net, ids, embedded }: TextInputs): { pooled: string; size: number } {
  const isToken = net.cast(net.node("Not", [net.node("Equal", [ids, net.integers([0], [])])]), "int64");
  return { pooled: pool(net, embedded, isToken, "mean"), size: WIDTH };
}

/** Softmax over the tokens decides what each is worth. */
function attentionPooling({ net, mask, embedded }: TextInputs): { pooled: string; size: number } {
  const worth = net.node("MatMul", [net.node("Tanh", [embedded]), net.weight("worth", [WIDTH, 1], 0.3)]);
  const isToken = net.cast(unsqueeze(net, mask, [2]), "bool");
  const shares = net.node("Softmax", [net.node("Where", [isToken, worth, net.scalar(-10_000)])], { axis: 1 });
  return { pooled: reduce(net, "ReduceSum", net.node("Mul", [embedded, shares]), 1), size: WIDTH };
}

/** All rows of a bag added up, padding and all. */
function sumOfAll({ net, embedded }: TextInputs): { pooled: string; size: number } {
  const sum = reduce(net, "ReduceSum", embedded, 1);
  return { pooled: net.node("Tanh", [net.node("Mul", [sum, net.scalar(0.3)])]), size: WIDTH };
}

export const classics: readonly ZooEntry[] = [
  cnn("textcnn-mask", true),
  cnn("textcnn-ids-only", false, { idsOnly: true }),
  cnn("textcnn-mask-ignored", false, {
    read: (inputs) => ({ ...convolve(inputs, WIDTH, false) }),
  }),
  cnn("textcnn-int8-qdq", true, { numbers: "int8-qdq", expect: { quantised: true } }),
  cnn("textcnn-fp16", true, { numbers: "fp16", expect: { half: true } }),
  recurrent("lstm-bidirectional", { cell: "LSTM", directions: 2, reads: "ends" }),
  recurrent("lstm-last-place", { cell: "LSTM", directions: 1, reads: "lastPlace" }, { idsOnly: true }),
  recurrent(
    "lstm-int8",
    { cell: "LSTM", directions: 2, reads: "ends" },
    { numbers: "int8-dynamic", expect: { quantised: true } },
  ),
  recurrent("gru", { cell: "GRU", directions: 1, reads: "ends" }),
  recurrent("gru-mean", { cell: "GRU", directions: 2, reads: "mean" }, { idsOnly: true }),
  recurrent("rnn", { cell: "RNN", directions: 2, reads: "ends" }),
  classic({
    name: "bag-mean",
    read: ({ net, mask, embedded }) => ({ pooled: pool(net, embedded, mask, "mean"), size: WIDTH }),
  }),
  classic({
    name: "bag-max",
    read: ({ net, mask, embedded }) => ({ pooled: pool(net, embedded, mask, "max"), size: WIDTH }),
  }),
  classic({ name: "bag-mean-by-id", idsOnly: true, read: meanById }),
  classic({
    name: "bag-sum-of-all",
    idsOnly: true,
    family: "bare",
    expect: { dependsOnPadding: true },
    read: sumOfAll,
  }),
  classic({ name: "bag-attention", read: attentionPooling }),
  classic({
    name: "bag-int8-dynamic",
    numbers: "int8-dynamic",
    expect: { quantised: true },
    read: ({ net, mask, embedded }) => ({ pooled: pool(net, embedded, mask, "mean"), size: WIDTH }),
  }),
];
