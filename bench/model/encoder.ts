import type { Parts } from "./parts.ts";
import { traits } from "./spec.ts";
import type { ModelSpec } from "./spec.ts";

/** What PyTorch puts where attention may not look: the least float32. */
const least = -3.4028234663852886e38;

/** @param input [batch, sequence, hidden]; the result has the same shape. */
export function addEncoder(parts: Parts, spec: ModelSpec, input: string): string {
  const maskScores = spec.type === "distilbert" ? fillMasked(parts) : addMask(parts);
  let hidden = input;
  for (let layer = 0; layer < spec.layers; layer++)
    hidden = addLayer(parts, spec, hidden, `encoder.layer.${layer}`, maskScores);
  return hidden;
}

/** Keeps attention off the padding. @param sizes batch and sequence, as scalars. */
type ScoreMask = (scores: string, sizes: readonly [string, string]) => string;

function addLayer(parts: Parts, spec: ModelSpec, input: string, name: string, maskScores: ScoreMask): string {
  const { graph } = parts;
  const { hidden, intermediate } = spec;
  const { epsilon } = traits[spec.type];
  const attended = addAttention(parts, spec, input, `${name}.attention`, maskScores);
  const projected = parts.linear(attended, `${name}.attention.output`, [hidden, hidden]);
  const middle = parts.layerNorm(graph.node("Add", [projected, input]), `${name}.attention.LayerNorm`, hidden, epsilon);
  const wide = parts.gelu(parts.linear(middle, `${name}.intermediate`, [hidden, intermediate]));
  const narrow = parts.linear(wide, `${name}.output`, [intermediate, hidden]);
  return parts.layerNorm(graph.node("Add", [narrow, middle]), `${name}.output.LayerNorm`, hidden, epsilon);
}

/** Softmax(query · key / √size) · value, head by head. */
function addAttention(parts: Parts, spec: ModelSpec, input: string, name: string, maskScores: ScoreMask): string {
  const { graph } = parts;
  const { hidden, heads } = spec;
  const size = hidden / heads;
  const isDistilbert = spec.type === "distilbert";
  const sizes = [parts.dimension(input, 0), parts.dimension(input, 1)] as const;
  const root = parts.scalar(Math.sqrt(size));

  // BERT asks each value for its own sizes, DistilBERT the layer's input once: it decides which reshapes the optimiser can fold.
  const split = (value: string): string =>
    parts.reshape(value, isDistilbert ? [sizes[0], -1, heads, size] : [...ownSizes(parts, value), heads, size]);
  const project = (part: string, perm: readonly number[]): string =>
    graph.node("Transpose", [split(parts.linear(input, `${name}.${part}`, [hidden, hidden]))], { perm });

  const query = project("query", [0, 2, 1, 3]);
  const key = project("key", [0, 2, 3, 1]);
  const value = project("value", [0, 2, 1, 3]);
  const scores = isDistilbert
    ? graph.node("MatMul", [graph.node("Div", [query, root]), key])
    : graph.node("Div", [graph.node("MatMul", [query, key]), root]);
  const attention = graph.node("Softmax", [maskScores(scores, sizes)], { axis: -1 });
  const context = graph.node("Transpose", [graph.node("MatMul", [attention, value])], { perm: [0, 2, 1, 3] });
  return parts.reshape(context, isDistilbert ? [sizes[0], -1, hidden] : [...ownSizes(parts, context), hidden]);
}

function ownSizes(parts: Parts, value: string): readonly [string, string] {
  return [parts.dimension(value, 0), parts.dimension(value, 1)];
}

/** BERT and RoBERTa: (1 − attention_mask) · least, made once, is added to the scores. */
function addMask(parts: Parts): ScoreMask {
  const { graph } = parts;
  const wide = graph.node("Unsqueeze", [
    graph.node("Unsqueeze", ["attention_mask", parts.integers([1])]),
    parts.integers([2]),
  ]);
  const padding = graph.node("Sub", [parts.scalar(1), parts.cast(wide, "float32")]);
  const mask = graph.node("Mul", [padding, parts.scalar(least)]);
  return (scores) => graph.node("Add", [scores, mask]);
}

/** DistilBERT: each layer fills the scores of padding anew. */
function fillMasked(parts: Parts): ScoreMask {
  const { graph } = parts;
  return (scores, [batch, sequence]) => {
    const isPadding = graph.node("Equal", ["attention_mask", parts.integers([0], [])]);
    const wide = graph.node("Expand", [
      parts.reshape(isPadding, [batch, 1, 1, sequence]),
      graph.node("Shape", [scores]),
    ]);
    return graph.node("Where", [parts.cast(wide, "bool"), parts.scalar(least), scores]);
  };
}
