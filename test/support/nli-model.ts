import { writeForeignModel } from "./foreign-models.ts";
import type { ForeignModel } from "./foreign-models.ts";
import { changed, wordPiece } from "./tokenizers.ts";
import type { TokenizerJson } from "./tokenizers.ts";

export const NLI_LABELS: readonly string[] = ["contradiction", "neutral", "entailment"];

/** BERT's, whose second text has tokens of another type. */
export function pairedWordPiece(): TokenizerJson {
  const special = (id: string, type: number): object => ({ SpecialToken: { id, type_id: type } });
  const single = [special("[CLS]", 0), { Sequence: { id: "A", type_id: 0 } }, special("[SEP]", 0)];
  const pair = [...single, { Sequence: { id: "B", type_id: 1 } }, special("[SEP]", 1)];
  const tokens = ["[CLS]", "[SEP]"].map((id, at) => [id, { id, ids: [at + 2], tokens: [id] }]);
  const template = { type: "TemplateProcessing", single, pair, special_tokens: Object.fromEntries(tokens) as object };
  return changed(wordPiece(), { post_processor: template });
}

/** In the shape of a model of natural-language inference, with random weights. */
export function writeNliModel(dir: string, labels = NLI_LABELS, foreign: ForeignModel = {}): string {
  return writeForeignModel(dir, { type: "bert", labels, positions: 64, tokenizer: pairedWordPiece(), ...foreign });
}
