import type { TokenizerConfig } from "./config-file.ts";

export type Side = "right" | "left";

/** Classes of tokenizers that pad on the left where nobody says, as the transformers library has them. */
const PADS_LEFT = /^(?:XLNet|Bloom|Cpm)Tokenizer/;

/** @param baked what tokenizer.json was saved with. */
export function paddingSideOf({ padding_side: side, tokenizer_class: name }: TokenizerConfig, baked: unknown): Side {
  return side ?? directionOf(baked) ?? (PADS_LEFT.test(name ?? "") ? "left" : "right");
}

/** @param baked what tokenizer.json was saved with. */
export function truncationSideOf({ truncation_side: side }: TokenizerConfig, baked: unknown): Side {
  return side ?? directionOf(baked) ?? "right";
}

/** The `direction` of tokenizer.json's `padding` or `truncation`, which may be null. */
function directionOf(baked: unknown): Side | undefined {
  const { direction } = (baked ?? {}) as { direction?: unknown };
  if (direction === "Left") return "left";
  return direction === "Right" ? "right" : undefined;
}
