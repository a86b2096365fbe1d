import { wordPieceJson } from "../../../src/lib/training/word-piece.ts";

/** Which special tokens a family has and where it puts them around a text. */
export interface TokenFamily {
  /** In the order of their ids, from 0. */
  readonly specials: readonly string[];
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly pad: string;
  readonly unknown: string;
  readonly paddingSide?: "left";
}

const bertSpecials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

export const FAMILIES = {
  bert: { specials: bertSpecials, before: ["[CLS]"], after: ["[SEP]"], pad: "[PAD]", unknown: "[UNK]" },
  /** No special tokens around a text. */
  bare: { specials: bertSpecials, before: [], after: [], pad: "[PAD]", unknown: "[UNK]" },
  roberta: {
    specials: ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
    before: ["<s>"],
    after: ["</s>"],
    pad: "<pad>",
    unknown: "<unk>",
  },
  t5: { specials: ["<pad>", "</s>", "<unk>"], before: [], after: ["</s>"], pad: "<pad>", unknown: "<unk>" },
  gpt2: { specials: ["<|endoftext|>"], before: [], after: [], pad: "<|endoftext|>", unknown: "<|endoftext|>" },
  llama: {
    specials: ["<unk>", "<s>", "</s>"],
    before: ["<s>"],
    after: [],
    pad: "</s>",
    unknown: "<unk>",
    paddingSide: "left",
  },
  xlnet: {
    specials: ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>"],
    before: [],
    after: ["<sep>", "<cls>"],
    pad: "<pad>",
    unknown: "<unk>",
    paddingSide: "left",
  },
} as const satisfies Readonly<Record<string, TokenFamily>>;

/** The word of each number: its token's id is the number of special tokens more. */
export function wordOf(number: number): string {
  return `w${number}`;
}

export function specialId({ specials }: TokenFamily, token: string): number {
  return specials.indexOf(token);
}

/** Token ids of words with blanks between them, computed without a tokenizer, cut to the window as BERT cuts. */
export function idsByHand(text: string, family: TokenFamily, windowTokens: number): number[] {
  const [before, after] = [family.before, family.after].map((tokens) =>
    tokens.map((token) => specialId(family, token)),
  );
  const words = text.split(" ").map((word) => family.specials.length + Number(word.slice(1)));
  return [...before!, ...words.slice(0, windowTokens - before!.length - after!.length), ...after!];
}

/** tokenizer.json whose words are their own tokens. */
export function tokenizerJson(family: TokenFamily, words: number): object {
  const { specials, before, after, unknown } = family;
  const vocabulary = [...specials, ...Array.from({ length: words }, (_, number) => wordOf(number))];
  const whole = wordPieceJson({ vocabulary, specials, first: specials[0]!, last: specials[0]!, unknown });
  const special = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });
  const single = [...before.map(special), { Sequence: { id: "A", type_id: 0 } }, ...after.map(special)];
  const pair = [...single, { Sequence: { id: "B", type_id: 1 } }, ...after.map(special)];
  const used = Object.fromEntries(
    [...before, ...after].map((id) => [id, { id, ids: [specialId(family, id)], tokens: [id] }]),
  );
  const template = { type: "TemplateProcessing", single, pair, special_tokens: used };
  return { ...whole, post_processor: before.length + after.length === 0 ? null : template };
}

export function tokenizerConfigJson(family: TokenFamily, windowTokens: number): object {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: windowTokens,
    pad_token: family.pad,
    unk_token: family.unknown,
    ...(family.paddingSide ? { padding_side: family.paddingSide } : {}),
  };
}
