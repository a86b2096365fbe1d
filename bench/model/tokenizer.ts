import { traits } from "./spec.ts";
import type { ModelSpec } from "./spec.ts";
import { bundledTexts, continuation, makeVocabulary } from "./vocabulary.ts";

/** tokenizer.json: WordPiece in lower case for every type, RoBERTa's own special tokens and ids included. */
export function tokenizerJson(spec: ModelSpec): object {
  const { specials, names } = traits[spec.type];
  const vocabulary = makeVocabulary(spec.vocab, specials, bundledTexts(), spec.seed);
  const idOf = (token: string): number => specials.indexOf(token);
  const special = (token: string, typeId: number): object => ({ SpecialToken: { id: token, type_id: typeId } });
  const sequence = (id: string, typeId: number): object => ({ Sequence: { id, type_id: typeId } });
  const single = [special(names.first, 0), sequence("A", 0), special(names.last, 0)];
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
      pair: [...single, sequence("B", 1), special(names.last, 1)],
      special_tokens: Object.fromEntries(
        [names.first, names.last].map((id) => [id, { id, ids: [idOf(id)], tokens: [id] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: continuation, cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: names.unk,
      continuing_subword_prefix: continuation,
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((entry, id) => [entry, id])),
    },
  };
}

export function tokenizerConfigJson(spec: ModelSpec): object {
  const { names } = traits[spec.type];
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: spec.positions,
    do_lower_case: true,
    pad_token: names.pad,
    unk_token: names.unk,
    cls_token: names.first,
    sep_token: names.last,
    mask_token: names.mask,
  };
}
