import type { RunTexts } from "../../lib/protocol/worker-channel.ts";

/** The tokens of one text. */
export interface TextTokens {
  readonly ids: Int32Array;
  /** Of each token; undefined where all are 0. */
  readonly types?: Int32Array | undefined;
}

/** The tokens of all texts, one text after another, as a worker takes them. */
export function joinTexts(texts: readonly TextTokens[]): RunTexts {
  const tokens = texts.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new Int32Array(tokens);
  const types = new Int32Array(texts.some((text) => text.types) ? tokens : 0);
  let at = 0;
  for (const text of texts) {
    ids.set(text.ids, at);
    if (text.types) types.set(text.types, at);
    at += text.ids.length;
  }
  return { ids, types, lengths: Int32Array.from(texts, (text) => text.ids.length) };
}
