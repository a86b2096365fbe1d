import { UnsupportedTokenizerError } from "./tokenizer-file.ts";
import type { TokenizerFamily } from "./tokenizer-class.ts";

/** What folders had before there was a tokenizer.json. */
export interface Vocabulary {
  readonly ids: Readonly<Record<string, number>>;
  /** Of a BPE. */
  readonly merges?: readonly string[];
}

/** A special token: as it is called, or with how it is found in a text. */
export type NamedToken = string | { readonly content: string; readonly lstrip?: boolean; readonly rstrip?: boolean };
export type NamedTokens = Readonly<Record<string, NamedToken | null | undefined>>;

const NAMES = {
  bert: { unk_token: "[UNK]", sep_token: "[SEP]", pad_token: "[PAD]", cls_token: "[CLS]", mask_token: "[MASK]" },
  roberta: {
    bos_token: "<s>",
    eos_token: "</s>",
    unk_token: "<unk>",
    sep_token: "</s>",
    pad_token: "<pad>",
    cls_token: "<s>",
    mask_token: { content: "<mask>", lstrip: true },
  },
  gpt2: { unk_token: "<|endoftext|>", bos_token: "<|endoftext|>", eos_token: "<|endoftext|>" },
} as const satisfies Record<Exclude<TokenizerFamily, "other">, NamedTokens>;

/** One token a line, of which the last of two that are the same counts. */
export function readWordList(text: string): Vocabulary {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return { ids: Object.fromEntries(lines.map((token, id) => [token, id])) };
}

/** After a line that says which version it is of. */
export function readMerges(text: string): string[] {
  return text.split(/\r?\n/).filter((line, at) => line !== "" && !(at === 0 && line.startsWith("#version")));
}

/**
 * The tokenizer.json that transformers makes of a vocabulary, less the settings that `adaptTokenizer` puts in.
 *
 * @param tokens what tokenizer_config.json and special_tokens_map.json call the special ones.
 * @throws {UnsupportedTokenizerError} naming a special token that the vocabulary lacks.
 */
export function buildTokenizer(
  family: Exclude<TokenizerFamily, "other">,
  vocabulary: Vocabulary,
  tokens: NamedTokens,
): object {
  const named: NamedTokens = {
    ...NAMES[family],
    ...Object.fromEntries(Object.entries(tokens).filter(([, token]) => token)),
  };
  const special = new Specials(vocabulary.ids, named);
  const parts = family === "bert" ? bertParts(vocabulary, special) : bytesParts(family, vocabulary, special);
  return { version: "1.0", truncation: null, padding: null, added_tokens: special.added(), ...parts };
}

/** Special tokens of a vocabulary, by their roles. */
class Specials {
  readonly #ids: Readonly<Record<string, number>>;
  readonly #named: NamedTokens;

  constructor(ids: Readonly<Record<string, number>>, named: NamedTokens) {
    this.#ids = ids;
    this.#named = named;
  }

  /** @throws {UnsupportedTokenizerError} where the vocabulary does not have it. */
  get(role: string): readonly [string, number] {
    const token = contentOf(this.#named[role]) ?? "";
    const id = this.#ids[token];
    if (id === undefined) throw new UnsupportedTokenizerError(`its ${role} ${token} is not in its vocabulary`);
    return [token, id];
  }

  added(): object[] {
    const tokens = Object.values(this.#named).flatMap((token) => {
      const content = contentOf(token);
      const id = content === undefined ? undefined : this.#ids[content];
      const { lstrip = false, rstrip = false } = typeof token === "object" && token ? token : {};
      return content === undefined || id === undefined
        ? []
        : [{ id, content, single_word: false, lstrip, rstrip, normalized: false, special: true }];
    });
    return [...new Map(tokens.map((token) => [token.id, token])).values()].toSorted((a, b) => a.id - b.id);
  }
}

function contentOf(token: NamedToken | null | undefined): string | undefined {
  return typeof token === "string" ? token : token?.content;
}

function bertParts({ ids }: Vocabulary, special: Specials): object {
  const [[cls, clsId], [sep, sepId], [unknown]] = [
    special.get("cls_token"),
    special.get("sep_token"),
    special.get("unk_token"),
  ];
  const token = (id: string, type: number): object => ({ SpecialToken: { id, type_id: type } });
  const single = [token(cls, 0), { Sequence: { id: "A", type_id: 0 } }, token(sep, 0)];
  return {
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single,
      pair: [...single, { Sequence: { id: "B", type_id: 1 } }, token(sep, 1)],
      special_tokens: {
        [cls]: { id: cls, ids: [clsId], tokens: [cls] },
        [sep]: { id: sep, ids: [sepId], tokens: [sep] },
      },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: unknown,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: ids,
    },
  };
}

function bytesParts(family: "roberta" | "gpt2", { ids, merges = [] }: Vocabulary, special: Specials): object {
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    normalizer: null,
    pre_tokenizer: bytes,
    post_processor:
      family === "gpt2"
        ? { ...bytes, trim_offsets: false }
        : {
            type: "RobertaProcessing",
            sep: special.get("sep_token"),
            cls: special.get("cls_token"),
            trim_offsets: true,
            add_prefix_space: false,
          },
    decoder: bytes,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      vocab: ids,
      merges,
    },
  };
}
