import { hash } from "node:crypto";
import { Encoder } from "../text/encoder.ts";
import type { EncoderOptions } from "../text/encoder.ts";
import { libraryText } from "../text/library.ts";

/**
 * Those that some model still has, by what they are made of. Models that come of one base have one tokenizer as a rule,
 * and it takes 7 MiB for BERT's 30,000 words and 150 for XLM-R's 250,000 pieces.
 */
const held = new Map<string, WeakRef<Encoder>>();
const gone = new FinalizationRegistry<string>((key) => {
  if (held.get(key)?.deref() === undefined) held.delete(key);
});

/** One that is there already where another model has the same. @throws as `Encoder.open`. */
export async function openSharedEncoder(tokenizerJson: object, options: EncoderOptions): Promise<Encoder> {
  const text = libraryText(tokenizerJson);
  const key = hash("sha256", `${JSON.stringify(options)}\n${text}`);
  const known = held.get(key)?.deref();
  if (known) return known;
  const encoder = await Encoder.open(tokenizerJson, options, text);
  held.set(key, new WeakRef(encoder));
  gone.register(encoder, key);
  return encoder;
}
