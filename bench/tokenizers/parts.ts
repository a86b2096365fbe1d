/** Parts of a tokenizer.json that several families have. */

export type Json = Readonly<Record<string, unknown>>;

export function idsOf(tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
}

export interface AddedToken {
  readonly content: string;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly single_word?: boolean;
  readonly normalized?: boolean;
  readonly special?: boolean;
}

export function addedTokens(tokens: readonly (string | AddedToken)[], idOf: (token: string) => number): Json[] {
  return tokens.map((token) => {
    const given = typeof token === "string" ? { content: token } : token;
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    return { id: idOf(given.content), ...flags, ...given };
  });
}

/** Text of a template, as its authors write it: `"[CLS]:0 $A:0 [SEP]:0"`. */
export function template(single: string, pair: string, idOf: (token: string) => number): Json {
  const parts = (text: string): Json[] =>
    text.split(" ").map((piece) => {
      const at = piece.lastIndexOf(":");
      const [id, type_id] = [piece.slice(0, at), Number(piece.slice(at + 1))];
      return id.startsWith("$") ? { Sequence: { id: id.slice(1), type_id } } : { SpecialToken: { id, type_id } };
    });
  const names = [...new Set(`${single} ${pair}`.split(" ").map((piece) => piece.slice(0, piece.lastIndexOf(":"))))];
  const specials = names.filter((name) => !name.startsWith("$"));
  return {
    type: "TemplateProcessing",
    single: parts(single),
    pair: parts(pair),
    special_tokens: Object.fromEntries(specials.map((id) => [id, { id, ids: [idOf(id)], tokens: [id] }])),
  };
}

export function sequenceOf(kind: "normalizers" | "pretokenizers" | "processors", ...parts: readonly Json[]): Json {
  return { type: "Sequence", [kind]: parts };
}

export function bertNormalizer(lowercase: boolean, strip_accents: boolean | null = null): Json {
  return { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents, lowercase };
}

export function bytes(add_prefix_space: boolean, use_regex = true): Json {
  return { type: "ByteLevel", add_prefix_space, trim_offsets: true, use_regex };
}

export function metaspace(prepend_scheme: "always" | "first" | "never" = "always", split = true): Json {
  return { type: "Metaspace", replacement: "\u2581", prepend_scheme, split };
}

export function splitAt(pattern: Json, behavior: string, invert = false): Json {
  return { type: "Split", pattern, behavior, invert };
}
