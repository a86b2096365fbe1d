import { ACTIVATIONS } from "./activations.ts";
import type { Expectations, ZooEntry } from "./entry.ts";
import { declareInputs, finish } from "./finish.ts";
import { linear, lookup } from "./linear.ts";
import { modelOptionsFor, wordsFor } from "./model-file.ts";
import { Net } from "./net.ts";
import type { Numbers } from "./net.ts";
import { FAMILIES } from "./tokens.ts";

export interface TextInputs {
  readonly net: Net;
  /** [batch, sequence], int64. */
  readonly ids: string;
  /** The same, 1 where a token is; asking for it makes it an input. */
  readonly mask: string;
  /** Rows of a table of words: [batch, sequence, width]. */
  readonly embedded: string;
}

/** Models that are no transformers: a table of words, and what becomes of its rows. */
export interface ClassicSpec {
  readonly name: string;
  readonly layout?: string;
  readonly numbers?: Numbers;
  readonly opset?: number;
  readonly width?: number;
  /** The graph has no attention_mask. */
  readonly idsOnly?: boolean;
  readonly labels?: number;
  readonly family?: keyof typeof FAMILIES;
  readonly expect?: Expectations;
  /** @returns the value [batch, size] that the classifier reads. */
  readonly read: (inputs: TextInputs) => { readonly pooled: string; readonly size: number };
}

const WINDOW_TOKENS = 128;

export function classic(spec: ClassicSpec): ZooEntry {
  const { name, numbers = "fp32", labels = 4, opset = 14, width = 64, idsOnly = false } = spec;
  const family = FAMILIES[spec.family ?? "bert"];
  const words = wordsFor(width, numbers);
  return {
    name,
    layout: spec.layout ?? numbers,
    labels,
    family,
    words,
    windowTokens: WINDOW_TOKENS,
    config: { model_type: "text_classifier" },
    output: "logits",
    scoring: "softmax",
    scoredInGraph: false,
    expect: spec.expect ?? {},
    build(classifierBias) {
      const net = new Net({ seed: 2, opset, numbers, classifierBias });
      const inputs = declareInputs(net, { names: ["input_ids", ...(idsOnly ? [] : ["attention_mask"])] });
      const [ids, mask] = [inputs.get("input_ids")!, inputs.get("attention_mask") ?? ""];
      const embedded = lookup(net, ids, "embeddings.words", [words + family.specials.length, width], 1);
      const { pooled, size } = spec.read({ net, ids, mask, embedded });
      const hidden = ACTIVATIONS.relu(net, linear(net, pooled, "dense", [size, size]));
      finish(net, hidden, size, { labels, name: "logits" });
      return { graph: net.graph, options: modelOptionsFor(opset) };
    },
  };
}
