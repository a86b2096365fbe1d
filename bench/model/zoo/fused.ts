import { ACTIVATIONS, layerNorm } from "./activations.ts";
import type { Expectations, ZooEntry } from "./entry.ts";
import { declareInputs, finish } from "./finish.ts";
import { linear } from "./linear.ts";
import { modelOptionsFor, wordsFor } from "./model-file.ts";
import { Net } from "./net.ts";
import { pool } from "./pooling.ts";
import { quantiseWhole } from "./quantise.ts";
import { FAMILIES } from "./tokens.ts";

/** BERT as onnxruntime's transformers optimiser leaves it (optimum's -O2 and up): whole parts are operators of its own. */
export interface FusedSpec {
  readonly name: string;
  readonly layout: string;
  readonly numbers?: "fp32" | "fp16" | "int8-dynamic";
  /** `packed`: Attention; `separate`: MultiHeadAttention on query, key and value. */
  readonly attention?: "packed" | "separate";
  /** The tables and their norm are one operator too, which wants ids of 32 bits. */
  readonly fusedEmbeddings?: boolean;
  readonly fastGelu?: boolean;
  readonly logitsType?: "float32";
  readonly expect?: Expectations;
}

const [HIDDEN, HEADS, WIDE, LAYERS, WINDOW] = [128, 4, 256, 2, 64];
const LABELS = 4;
const epsilon = { float: 1e-5 };

export function fused(spec: FusedSpec): ZooEntry {
  const { name, layout, numbers = "fp32" } = spec;
  const words = wordsFor(HIDDEN, numbers === "fp16" ? "fp16" : "fp32");
  const family = FAMILIES.bert;
  return {
    name,
    layout,
    labels: LABELS,
    family,
    words,
    windowTokens: WINDOW,
    config: { model_type: "bert", hidden_size: HIDDEN },
    output: "logits",
    scoring: "softmax",
    scoredInGraph: false,
    expect: spec.expect ?? {},
    build(classifierBias) {
      const net = new Net({ seed: 3, opset: 17, numbers, classifierBias });
      const inputs = declareInputs(net, { names: ["input_ids", "attention_mask", "token_type_ids"] });
      const mask = inputs.get("attention_mask")!;
      const states = new FusedBuilder(net, spec).encode(inputs, words + family.specials.length);
      const pooled = linear(net, pool(net, states, mask, "first"), "pooler", [HIDDEN, HIDDEN]);
      const output = { labels: LABELS, name: "logits", type: spec.logitsType };
      finish(net, ACTIVATIONS.tanh(net, pooled), HIDDEN, output);
      return { graph: net.graph, options: modelOptionsFor(17) };
    },
  };
}

class FusedBuilder {
  readonly #net: Net;
  readonly #spec: FusedSpec;
  #mask = "";

  constructor(net: Net, spec: FusedSpec) {
    this.#net = net;
    this.#spec = spec;
  }

  encode(inputs: ReadonlyMap<string, string>, rows: number): string {
    const net = this.#net;
    const mask = net.cast(inputs.get("attention_mask")!, "int32");
    this.#mask = mask;
    let states = this.#embed(inputs, rows);
    for (let layer = 0; layer < LAYERS; layer++) states = this.#layer(states, `layer.${layer}`);
    return states;
  }

  #embed(inputs: ReadonlyMap<string, string>, rows: number): string {
    const net = this.#net;
    const [ids, types] = ["input_ids", "token_type_ids"].map((name) => inputs.get(name)!);
    const words = net.weight("embeddings.words", [rows, HIDDEN], 0.02);
    const [places, kinds] = [WINDOW, 2].map((count, at) => net.weight(`embeddings.${at}`, [count, HIDDEN], 0.02));
    const short = [ids!, types!].map((input) => net.cast(input, "int32"));
    if (this.#spec.fusedEmbeddings) {
      const [scale, bias] = [net.scales("embeddings.norm.weight", HIDDEN), net.bias("embeddings.norm.bias", HIDDEN)];
      return net.contrib("EmbedLayerNormalization", [...short, words, places!, kinds!, scale, bias], { epsilon }, 2);
    }
    const sum = net.node("Add", [net.node("Gather", [words, ids!]), net.node("Gather", [kinds!, types!])]);
    return layerNorm(net, sum, "embeddings.norm", HIDDEN);
  }

  #layer(input: string, name: string): string {
    const net = this.#net;
    const attended = this.#attend(input, `${name}.attention`);
    const out = linear(net, attended, `${name}.attention.output`, [HIDDEN, HIDDEN], { bias: false });
    const middle = this.#skipNorm(out, input, `${name}.attention`);
    const wide = linear(net, middle, `${name}.wide`, [HIDDEN, WIDE], { bias: false });
    const bias = net.bias(`${name}.wide.bias`, WIDE);
    const bent = net.contrib(this.#spec.fastGelu ? "FastGelu" : "BiasGelu", [wide, bias]);
    return this.#skipNorm(linear(net, bent, `${name}.down`, [WIDE, HIDDEN], { bias: false }), middle, `${name}.down`);
  }

  #skipNorm(input: string, skip: string, name: string): string {
    const net = this.#net;
    const [scale, bias] = [net.scales(`${name}.norm.weight`, HIDDEN), net.bias(`${name}.norm.bias`, HIDDEN)];
    return net.contrib("SkipLayerNormalization", [input, skip, scale, bias, net.bias(`${name}.bias`, HIDDEN)], {
      epsilon,
    });
  }

  #attend(input: string, name: string): string {
    const net = this.#net;
    const attributes = { num_heads: HEADS };
    if (this.#spec.attention === "separate") {
      const parts = ["query", "key", "value"].map((part) =>
        linear(net, input, `${name}.${part}`, [HIDDEN, HIDDEN], { bias: false }),
      );
      const bias = net.bias(`${name}.bias.all`, 3 * HIDDEN);
      return net.contrib("MultiHeadAttention", [...parts, bias, this.#mask], attributes);
    }
    const bias = net.bias(`${name}.qkv.bias`, 3 * HIDDEN);
    if (net.options.numbers === "int8-dynamic") return this.#quantisedAttention(input, name, bias);
    const weight = net.weight(`${name}.qkv`, [HIDDEN, 3 * HIDDEN], 1 / Math.sqrt(HIDDEN));
    return net.contrib("Attention", [input, weight, bias, this.#mask], attributes);
  }

  #quantisedAttention(input: string, name: string, bias: string): string {
    const net = this.#net;
    const dims = [HIDDEN, 3 * HIDDEN];
    const made = quantiseWhole({
      values: net.random(`${name}.qkv`, dims, 1 / Math.sqrt(HIDDEN)),
      inputs: HIDDEN,
      outputs: 3 * HIDDEN,
    });
    const weight = net.constant(`${name}.qkv`, () => made.values);
    const weightScale = net.constant(`${name}.qkv_scale`, () => made.scales);
    const outputs: [string, string, string] = [`${input}_quantized`, `${input}_scale`, `${input}_zero`];
    const [values, scale, zero] = outputs;
    net.once(values, () => net.graph.node("DynamicQuantizeLinear", [input], {}, { outputs }));
    const weightZero = net.bytes("int8_zero", new Int8Array(1), []);
    const operands = [values, weight, bias, scale, weightScale, this.#mask, zero, weightZero];
    return net.contrib("QAttention", operands, { num_heads: HEADS });
  }
}
