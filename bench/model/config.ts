import { traits } from "./spec.ts";
import type { ModelSpec } from "./spec.ts";

/** config.json, in the words each model type has for its sizes. */
export function configJson(spec: ModelSpec): object {
  const { architecture, padId, positionOffset } = traits[spec.type];
  const labels = Array.from({ length: spec.labels }, (_, id) => `LABEL_${id}`);
  return {
    architectures: [architecture],
    model_type: spec.type,
    problem_type: "single_label_classification",
    id2label: Object.fromEntries(labels.entries()),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    max_position_embeddings: spec.positions + positionOffset,
    pad_token_id: padId,
    vocab_size: spec.vocab,
    ...sizes(spec),
  };
}

function sizes(spec: ModelSpec): object {
  const { hidden, layers, heads, intermediate } = spec;
  if (spec.type === "distilbert") {
    return {
      dim: hidden,
      n_layers: layers,
      n_heads: heads,
      hidden_dim: intermediate,
      activation: "gelu",
      sinusoidal_pos_embds: false,
    };
  }
  return {
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: intermediate,
    hidden_act: "gelu",
    layer_norm_eps: traits[spec.type].epsilon,
    type_vocab_size: traits[spec.type].tokenTypes ? 2 : 1,
  };
}
