/** The kinds of encoder written here; each is laid out as Hugging Face's class of that name is exported. */
export const modelTypes = ["bert", "distilbert", "roberta"] as const;
export type ModelType = (typeof modelTypes)[number];

export interface ModelSpec {
  readonly type: ModelType;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the feed-forward part. */
  readonly intermediate: number;
  /** Entries of the vocabulary, special tokens included. */
  readonly vocab: number;
  /** Tokens of the longest text, special ones included. */
  readonly positions: number;
  readonly labels: number;
  /** Weights in 8 bits, activations quantised as they come: what onnxruntime's `quantize_dynamic` writes. */
  readonly int8: boolean;
  /** In a branch that no text takes: they are loaded like all others, and cost no time after that. */
  readonly idleNodes: number;
  readonly seed: number;
}

/** What differs between the kinds, apart from the shape of the graph. */
export interface Traits {
  readonly architecture: string;
  readonly tokenTypes: boolean;
  readonly epsilon: number;
  readonly padId: number;
  /** Rows at the head of the position table that no text uses: RoBERTa counts from the pad id + 1. */
  readonly positionOffset: number;
  /** In the order of their ids, the first being 0. */
  readonly specials: readonly string[];
  readonly names: {
    readonly pad: string;
    readonly unk: string;
    readonly first: string;
    readonly last: string;
    readonly mask: string;
  };
}

const bertNames = { pad: "[PAD]", unk: "[UNK]", first: "[CLS]", last: "[SEP]", mask: "[MASK]" };
const bertSpecials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const bertLike = { epsilon: 1e-12, padId: 0, positionOffset: 0, specials: bertSpecials, names: bertNames };

export const traits: Readonly<Record<ModelType, Traits>> = {
  bert: { architecture: "BertForSequenceClassification", tokenTypes: true, ...bertLike },
  distilbert: { architecture: "DistilBertForSequenceClassification", tokenTypes: false, ...bertLike },
  roberta: {
    architecture: "RobertaForSequenceClassification",
    tokenTypes: false,
    epsilon: 1e-5,
    padId: 1,
    positionOffset: 2,
    specials: ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
    names: { pad: "<pad>", unk: "<unk>", first: "<s>", last: "</s>", mask: "<mask>" },
  },
};

/** Shapes of well-known models; DistilBERT and MiniLM-L6 are the sizes that combot is measured with. */
export const presets = {
  distilbert: { type: "distilbert", hidden: 768, layers: 6, heads: 12, vocab: 30522 },
  minilm: { type: "bert", hidden: 384, layers: 6, heads: 12, vocab: 30522 },
  tiny: { type: "bert", hidden: 32, layers: 2, heads: 2, vocab: 512, positions: 64, labels: 3 },
} as const satisfies Readonly<Record<string, Partial<ModelSpec>>>;
