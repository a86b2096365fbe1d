import { ACTIVATIONS, layerNorm, rmsNorm } from "./activations.ts";
import type { Activation } from "./activations.ts";
import { attend } from "./attention.ts";
import type { AttentionHooks } from "./attention.ts";
import { disentangled } from "./disentangled.ts";
import { linear } from "./linear.ts";
import { futureMask, paddingMask, windowMask } from "./masks.ts";
import type { Net } from "./net.ts";
import { bucketBias, clampedBias, rotation } from "./positions.ts";
import { slice } from "./shapes.ts";

/** What tells the families of transformers apart, embeddings and head aside. */
export interface EncoderSpec {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads?: number;
  readonly intermediate: number;
  /** Where the norms stand: behind each part, or before it and once at the end. */
  readonly norms: "after" | "before";
  readonly norm?: "layer" | "rms";
  readonly activation?: Activation;
  /** The activation weighs another half of the same layer. */
  readonly gated?: boolean;
  readonly bias?: boolean;
  readonly packed?: boolean;
  /** One set of weights for all layers. */
  readonly shared?: boolean;
  readonly relative?: "clamped" | "buckets" | "disentangled";
  readonly rotary?: boolean;
  /** Tokens to either side that all layers but every third look at. */
  readonly window?: number;
  readonly causal?: boolean;
  readonly maskIgnored?: boolean;
}

/** What the layers read beside the hidden states. */
export interface EncoderInputs {
  readonly ids: string;
  readonly mask: string;
  /** [1 or batch, sequence] */
  readonly places: string;
}

const GLOBAL_EVERY = 3;

/** @param input [batch, sequence, hidden]; the result has the same shape. */
export function encode(net: Net, input: string, spec: EncoderSpec, inputs: EncoderInputs): string {
  const hooks = hooksFor(net, spec, inputs);
  let hidden = input;
  for (let layer = 0; layer < spec.layers; layer++) {
    const name = spec.shared ? "encoder.layer.all" : `encoder.layer.${layer}`;
    hidden = addLayer(net, hidden, name, spec, hooks(layer, name));
  }
  return spec.norms === "before" ? norm(net, hidden, "encoder.norm", spec) : hidden;
}

function addLayer(net: Net, input: string, name: string, spec: EncoderSpec, hooks: AttentionHooks): string {
  const attention = (value: string): string => attend(net, value, `${name}.attention`, spec, hooks);
  const wide = (value: string): string => feedForward(net, value, name, spec);
  if (spec.norms === "after") {
    const middle = norm(net, net.node("Add", [attention(input), input]), `${name}.attention.norm`, spec);
    return norm(net, net.node("Add", [wide(middle), middle]), `${name}.norm`, spec);
  }
  const middle = net.node("Add", [input, attention(norm(net, input, `${name}.attention.norm`, spec))]);
  return net.node("Add", [middle, wide(norm(net, middle, `${name}.norm`, spec))]);
}

function norm(net: Net, input: string, name: string, spec: EncoderSpec): string {
  return (spec.norm === "rms" ? rmsNorm : layerNorm)(net, input, name, spec.hidden);
}

function feedForward(net: Net, input: string, name: string, spec: EncoderSpec): string {
  const { hidden, intermediate, gated = false, bias = true } = spec;
  const activate = ACTIVATIONS[spec.activation ?? "gelu"];
  const wide = linear(net, input, `${name}.intermediate`, [hidden, gated ? 2 * intermediate : intermediate], { bias });
  const bent = gated
    ? net.node("Mul", [
        activate(net, slice(net, wide, 2, 0, intermediate)),
        slice(net, wide, 2, intermediate, 2 * intermediate),
      ])
    : activate(net, wide);
  return linear(net, bent, `${name}.down`, [intermediate, hidden], { bias, range: 3 });
}

/** The masks and biases that all layers share are made once. */
function hooksFor(net: Net, spec: EncoderSpec, inputs: EncoderInputs): (layer: number, name: string) => AttentionHooks {
  const { ids, mask } = inputs;
  const everywhere = [
    ...(spec.maskIgnored ? [] : [paddingMask(net, mask)]),
    ...(spec.causal ? [futureMask(net, ids)] : []),
    ...(spec.relative === "clamped" ? [clampedBias(net, ids, "relative", spec.heads)] : []),
    ...(spec.relative === "buckets" ? [bucketBias(net, ids, "relative", spec.heads)] : []),
  ];
  const near = spec.window === undefined ? undefined : windowMask(net, ids, spec.window);
  const size = spec.hidden / spec.heads;
  const turn = (base: number): AttentionHooks =>
    spec.rotary ? { rotate: rotation(net, inputs.places, size, base) } : {};
  const [global, local] = [turn(160_000), near === undefined ? {} : turn(10_000)];
  return (layer, name) => {
    const isLocal = near !== undefined && layer % GLOBAL_EVERY !== 0;
    const added = isLocal ? [...everywhere, near] : everywhere;
    const apart = spec.relative === "disentangled" ? disentangled(net, ids, name, spec) : (scores: string) => scores;
    const adjust = (scores: string, query: string, key: string): string =>
      added.reduce((sum, mask) => net.node("Add", [sum, mask]), apart(scores, query, key));
    return { ...(isLocal ? local : global), adjust };
  };
}
