import { wordPieceJson } from "../../src/lib/training/word-piece.ts";
import { traits } from "./spec.ts";
import type { ModelSpec } from "./spec.ts";
import { bundledTexts, makeVocabulary } from "./vocabulary.ts";

/** tokenizer.json: WordPiece in lower case for every type, RoBERTa's own special tokens and ids included. */
export function tokenizerJson(spec: ModelSpec): object {
  const { specials, names } = traits[spec.type];
  const vocabulary = makeVocabulary(spec.vocab, specials, bundledTexts(), spec.seed);
  return wordPieceJson({ vocabulary, specials, first: names.first, last: names.last, unknown: names.unk });
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
