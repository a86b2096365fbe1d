/** tokenizer.json asks for something that the tokenizer library can't do, or does in another way than it should. */
export class UnsupportedTokenizerError extends Error {}

/** A normalizer, pre-tokenizer or post-processor of tokenizer.json. */
export type Part = Readonly<Record<string, unknown>> & { readonly type: string };

/** The same part in words that the library gets right. @throws {UnsupportedTokenizerError} */
type Translation = (part: Part) => Part;

interface Family {
  readonly name: string;
  /** Where a Sequence of this family has its parts. */
  readonly children: string;
  readonly known: Readonly<Record<string, Translation>>;
}

const asItIs: Translation = (part) => part;

/** Of `char::is_ascii_punctuation` and Unicode's P, as the original has it. */
const PUNCTUATION = "[\\p{P}\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]";

export const NORMALIZERS: Family = {
  name: "normalizer",
  children: "normalizers",
  known: {
    BertNormalizer: asItIs,
    Lowercase: asItIs,
    NFC: asItIs,
    NFD: asItIs,
    NFKC: asItIs,
    NFKD: asItIs,
    Precompiled: asItIs,
    Prepend: asItIs,
    Replace: asItIs,
    Strip: asItIs,
    StripAccents: asItIs,
  },
};

/**
 * The library's own Whitespace and Digits know ASCII alone, its Punctuation keeps runs together whatever it is told:
 * they are written as the regular expressions that they stand for.
 */
export const PRE_TOKENIZERS: Family = {
  name: "pre_tokenizer",
  children: "pretokenizers",
  known: {
    BertPreTokenizer: asItIs,
    ByteLevel: asItIs,
    Digits: ({ individual_digits: each }) => splitAt(each ? "\\p{N}" : "\\p{N}+", "Isolated"),
    Metaspace: (part) => ({ ...part, prepend_scheme: part["prepend_scheme"] ?? (part["add_prefix_space"] === false ? "never" : "always") }),
    Punctuation: ({ behavior = "Isolated" }) => splitBehaving(PUNCTUATION, behavior),
    Split: translateSplit,
    Whitespace: () => ({ ...splitAt("\\w+|[^\\w\\s]+", "Removed"), invert: true }),
    WhitespaceSplit: asItIs,
  },
};

export const POST_PROCESSORS: Family = {
  name: "post_processor",
  children: "processors",
  known: { BertProcessing: asItIs, ByteLevel: asItIs, RobertaProcessing: asItIs, TemplateProcessing: asItIs },
};

/** @throws {UnsupportedTokenizerError} naming the part. */
export function translatePart(part: Part | null | undefined, family: Family): Part | null {
  if (!part) return null;
  const { name, children, known } = family;
  if (part.type === "Sequence") {
    const parts = (part[children] ?? []) as readonly Part[];
    return { ...part, [children]: parts.map((child) => translatePart(child, family)) };
  }
  const translate = Object.hasOwn(known, part.type) ? known[part.type] : undefined;
  if (!translate) throw new UnsupportedTokenizerError(`its ${name} is of the kind ${part.type}, which is not supported`);
  return translate(part);
}

function splitAt(regex: string, behavior: string): Part {
  return { type: "Split", pattern: { Regex: regex }, behavior, invert: false };
}

/** The library knows two ways to split, and takes the others for the first. */
function splitBehaving(regex: string, behavior: unknown): Part {
  if (behavior === "Isolated" || behavior === "Removed") return splitAt(regex, behavior);
  if (behavior === "Contiguous") return splitAt(`(?:${regex})+`, "Isolated");
  throw new UnsupportedTokenizerError(`its pre_tokenizer splits with the behavior ${String(behavior)}, which is not supported`);
}

function translateSplit({ pattern, behavior, invert }: Part): Part {
  const { Regex: regex, String: text } = pattern as { readonly Regex?: string; readonly String?: string };
  const source = regex ?? text?.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  if (source === undefined) throw new UnsupportedTokenizerError("its pre_tokenizer splits at a pattern that is not supported");
  // Both what matches and what lies between is kept.
  if (behavior === "Isolated" || !invert) return splitBehaving(source, behavior);
  if (behavior === "Removed") return { ...splitAt(source, behavior), invert: true };
  throw new UnsupportedTokenizerError(`its pre_tokenizer splits with the behavior ${String(behavior)}, inverted, which is not supported`);
}
