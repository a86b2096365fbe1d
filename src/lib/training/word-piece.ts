export interface WordPieceParts {
  /** In the order of the ids; the special tokens come first. */
  readonly vocabulary: readonly string[];
  readonly specials: readonly string[];
  /** Put before and behind a text, and between two of them. */
  readonly first: string;
  readonly last: string;
  readonly unknown: string;
}

const CONTINUATION = "##";

/** A tokenizer.json of the kind BERT has: lower case, accents off, WordPiece. Truncation and padding are the reader's. */
export function wordPieceJson({ vocabulary, specials, first, last, unknown }: WordPieceParts): object {
  const special = (id: string, typeId: number): object => ({ SpecialToken: { id, type_id: typeId } });
  const sequence = (id: string, typeId: number): object => ({ Sequence: { id, type_id: typeId } });
  const single = [special(first, 0), sequence("A", 0), special(last, 0)];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
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
      pair: [...single, sequence("B", 1), special(last, 1)],
      special_tokens: Object.fromEntries(
        [first, last].map((id) => [id, { id, ids: [specials.indexOf(id)], tokens: [id] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: CONTINUATION, cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: unknown,
      continuing_subword_prefix: CONTINUATION,
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((entry, id) => [entry, id])),
    },
  };
}
