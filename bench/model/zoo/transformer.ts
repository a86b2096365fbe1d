import { ACTIVATIONS, layerNorm } from "./activations.ts";
import type { Activation } from "./activations.ts";
import { encode } from "./encoder.ts";
import type { EncoderSpec } from "./encoder.ts";
import type { BuiltModel, Expectations, Scoring, ZooEntry } from "./entry.ts";
import { declareInputs, finish } from "./finish.ts";
import { linear, lookup } from "./linear.ts";
import { modelOptionsFor, wordsFor } from "./model-file.ts";
import { Net } from "./net.ts";
import type { Numbers } from "./net.ts";
import { pool } from "./pooling.ts";
import type { Pooling } from "./pooling.ts";
import { maskedPositions, offsetPositions, plainPositions } from "./positions.ts";
import { FAMILIES, specialId } from "./tokens.ts";
import type { TokenFamily } from "./tokens.ts";

/** What a transformer of the zoo is beyond BERT's shape with two layers of 64. */
export interface TransformerSpec {
  readonly name: string;
  readonly layout?: string;
  readonly numbers?: Numbers;
  readonly opset?: number;
  readonly family?: keyof typeof FAMILIES;
  readonly labels?: number;
  readonly words?: number;
  readonly windowTokens?: number;
  readonly encoder?: Partial<EncoderSpec>;
  /** Width of the table of words where it is not the encoder's. */
  readonly embedding?: number;
  /** How places get into the embeddings; `input`: the caller gives them. */
  readonly places?: "plain" | "offset" | "masked" | "input" | "none";
  readonly tokenTypes?: boolean;
  readonly embeddingNorm?: boolean;
  readonly pooling?: Pooling;
  readonly pooler?: Activation | "none";
  readonly idsType?: "int32" | "int64";
  readonly logitsType?: "float32" | "float16";
  readonly ending?: "softmax" | "sigmoid";
  readonly scoring?: Scoring;
  readonly output?: string;
  /** An output beside the answer, with the states of all tokens. */
  readonly statesToo?: boolean;
  readonly inConstants?: boolean;
  readonly externalData?: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly expect?: Expectations;
}

const OFFSET = 2;

export function transformer(spec: TransformerSpec): ZooEntry {
  const { numbers = "fp32", expect = {}, ending, labels = 4, output = "logits" } = spec;
  const full = encoderOf(spec);
  const windowTokens = spec.windowTokens ?? expect.fixedLength ?? 64;
  const isOffset = spec.places === "offset";
  return {
    name: spec.name,
    layout: spec.layout ?? numbers,
    labels,
    family: FAMILIES[spec.family ?? "bert"],
    words: spec.words ?? wordsFor(spec.embedding ?? full.hidden, numbers),
    windowTokens,
    config: {
      model_type: "bert",
      hidden_size: full.hidden,
      ...(isOffset ? { model_type: "roberta", max_position_embeddings: windowTokens + OFFSET } : {}),
      ...(ending === "sigmoid" || spec.scoring === "sigmoid" ? { problem_type: "multi_label_classification" } : {}),
      ...spec.config,
    },
    output,
    scoring: spec.scoring ?? (ending === "sigmoid" ? "sigmoid" : "softmax"),
    scoredInGraph: ending !== undefined,
    expect,
    build(classifierBias) {
      return new TransformerBuilder(this, spec, full, classifierBias).build();
    },
  };
}

function encoderOf({ encoder = {} }: TransformerSpec): EncoderSpec {
  const hidden = encoder.hidden ?? 64;
  return { layers: 2, heads: 4, norms: "after", ...encoder, hidden, intermediate: encoder.intermediate ?? 2 * hidden };
}

class TransformerBuilder {
  readonly #net: Net;
  readonly #entry: ZooEntry;
  readonly #spec: TransformerSpec;
  readonly #encoder: EncoderSpec;

  constructor(entry: ZooEntry, spec: TransformerSpec, encoder: EncoderSpec, classifierBias: Float32Array | undefined) {
    const { opset = 14, numbers = "fp32", inConstants = false } = spec;
    this.#net = new Net({ seed: 1, opset, numbers, inConstants, classifierBias });
    this.#entry = entry;
    this.#spec = spec;
    this.#encoder = encoder;
  }

  build(): BuiltModel {
    const [net, spec, { hidden }] = [this.#net, this.#spec, this.#encoder];
    const inputs = this.#declare();
    const [ids, mask] = [inputs.get("input_ids")!, inputs.get("attention_mask")!];
    const places = this.#places(inputs);
    const states = encode(net, this.#embed(ids, places, inputs), this.#encoder, { ids, mask, places });
    const pooled = pool(net, states, mask, spec.pooling ?? "first");
    const { pooler = "tanh" } = spec;
    const head = pooler === "none" ? pooled : ACTIVATIONS[pooler](net, linear(net, pooled, "pooler", [hidden, hidden]));
    const { labels, output: name } = this.#entry;
    const { fixedBatch } = this.#entry.expect;
    finish(net, head, hidden, { labels, name, ending: spec.ending, type: spec.logitsType, fixedBatch });
    if (spec.statesToo) this.#addStates(states);
    const { externalData = false, opset = 14 } = spec;
    return { graph: net.graph, options: modelOptionsFor(opset), externalData };
  }

  #declare(): Map<string, string> {
    const { places, tokenTypes, idsType = "int64" } = this.#spec;
    const { fixedBatch = false, fixedLength } = this.#entry.expect;
    const more = [...(tokenTypes ? ["token_type_ids"] : []), ...(places === "input" ? ["position_ids"] : [])];
    const names = ["input_ids", "attention_mask", ...more];
    return declareInputs(this.#net, { names, type: idsType, fixedBatch, fixedLength });
  }

  #places(inputs: ReadonlyMap<string, string>): string {
    const [ids, mask] = [inputs.get("input_ids")!, inputs.get("attention_mask")!];
    const family: TokenFamily = this.#entry.family;
    const { places } = this.#spec;
    if (places === "input") return inputs.get("position_ids")!;
    if (places === "offset") return offsetPositions(this.#net, mask, specialId(family, family.pad));
    return places === "masked" ? maskedPositions(this.#net, mask) : plainPositions(this.#net, ids);
  }

  #embed(ids: string, places: string, inputs: ReadonlyMap<string, string>): string {
    const [net, spec, { hidden, rotary }] = [this.#net, this.#spec, this.#encoder];
    const { windowTokens, words, family } = this.#entry;
    const { embedding = hidden, embeddingNorm = true } = spec;
    const deviation = embeddingNorm ? 0.02 : 1;
    const narrow = (name: string, rows: number, of: string): string =>
      lookup(net, of, name, [rows, embedding], deviation);
    let sum = narrow("embeddings.words", words + family.specials.length, ids);
    if (spec.tokenTypes) sum = net.node("Add", [sum, narrow("embeddings.types", 2, inputs.get("token_type_ids")!)]);
    if (spec.places !== "none" && !rotary)
      sum = net.node("Add", [sum, narrow("embeddings.places", windowTokens + OFFSET, places)]);
    const normed = embeddingNorm ? layerNorm(net, sum, "embeddings.norm", embedding) : sum;
    return embedding === hidden ? normed : linear(net, normed, "embeddings.project", [embedding, hidden]);
  }

  #addStates(states: string): void {
    const { graph, float } = this.#net;
    graph.node("Identity", [states], {}, { outputs: ["last_hidden_state"] });
    graph.output("last_hidden_state", float, ["batch_size", "sequence_length", this.#encoder.hidden]);
  }
}
