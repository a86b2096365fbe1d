import { mapsCharacter } from "./charsmap.ts";

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

/** Classes of characters as the original, which is in Rust, has them: ASCII's punctuation and Unicode's, `\w`, `\s`. */
const PUNCTUATION = String.raw`[\p{P}\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E]`;
const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D`;
const SPACE = String.raw`\p{White_Space}`;

/** JavaScript lowers a sigma by its place in the word, the original each letter by itself. */
const LOWER_SIGMA: Part = { type: "Replace", pattern: { String: "\u03A3" }, content: "\u03C3" };

/** The library takes U+200D, which joins emoji, for a blank; this stands for it meanwhile, in a range that is nobody's. */
const JOINER = "\u200D";
const JOINER_STAND_IN = "\uF8FD";

export const NORMALIZERS: Family = {
  name: "normalizer",
  children: "normalizers",
  known: {
    BertNormalizer: (part) => (part["lowercase"] ? sequence(LOWER_SIGMA, part) : part),
    Lowercase: (part) => sequence(LOWER_SIGMA, part),
    NFC: asItIs,
    NFD: asItIs,
    NFKC: asItIs,
    NFKD: asItIs,
    Precompiled: translatePrecompiled,
    Prepend: asItIs,
    Replace: (part) => ({ ...part, content: textOf(part["content"]).replaceAll("$", "$$$$") }),
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
    Metaspace: translateMetaspace,
    Punctuation: ({ behavior = "Isolated" }) => splitBehaving(PUNCTUATION, behavior),
    Split: translateSplit,
    Whitespace: () => ({ ...splitAt(`[${WORD}]+|[^${WORD}${SPACE}]+`, "Removed"), invert: true }),
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
  if (!translate)
    throw new UnsupportedTokenizerError(`its ${name} is of the kind ${part.type}, which is not supported`);
  return translate(part);
}

function sequence(...normalizers: Part[]): Part {
  return { type: "Sequence", normalizers };
}

/** The library does NFKC whatever the map says: right for all but those that fold case. */
function translatePrecompiled(part: Part): Part {
  if (mapsCharacter(textOf(part["precompiled_charsmap"]), "A")) {
    throw new UnsupportedTokenizerError("its normalizer Precompiled folds case, which is not supported");
  }
  const replace = (from: string, to: string): Part => ({ type: "Replace", pattern: { String: from }, content: to });
  return sequence(replace(JOINER, JOINER_STAND_IN), part, replace(JOINER_STAND_IN, JOINER));
}

/** The library prepends whatever older files say, and leaves the splitting out. */
function translateMetaspace({
  replacement = "\u2581",
  prepend_scheme: scheme,
  add_prefix_space: prefix,
  split,
}: Part): Part {
  const part = { type: "Metaspace", replacement, prepend_scheme: scheme ?? (prefix === false ? "never" : "always") };
  if (split === false) return part;
  const mark = escapeRegex(textOf(replacement));
  return { type: "Sequence", pretokenizers: [part, splitAt(`${mark}[^${mark}]*`, "Isolated")] };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function splitAt(regex: string, behavior: string): Part {
  return { type: "Split", pattern: { Regex: regex }, behavior, invert: false };
}

/** The library knows two ways to split, and takes the others for the first. */
function splitBehaving(regex: string, behavior: unknown): Part {
  if (behavior === "Isolated" || behavior === "Removed") return splitAt(regex, behavior);
  if (behavior === "Contiguous") return splitAt(`(?:${regex})+`, "Isolated");
  throw new UnsupportedTokenizerError(
    `its pre_tokenizer splits with the behavior ${textOf(behavior)}, which is not supported`,
  );
}

function translateSplit({ pattern, behavior, invert }: Part): Part {
  const { Regex: regex, String: text } = pattern as { readonly Regex?: string; readonly String?: string };
  const source = regex ?? (text === undefined ? undefined : escapeRegex(text));
  if (source === undefined)
    throw new UnsupportedTokenizerError("its pre_tokenizer splits at a pattern that is not supported");
  // The library would keep the groups of what it is to remove.
  if (behavior === "Removed" && /(?<!\\)\((?!\?)/.test(source))
    throw new UnsupportedTokenizerError("its pre_tokenizer splits at a pattern with groups, which is not supported");
  // Both what matches and what lies between is kept.
  if (behavior === "Isolated" || !invert) return splitBehaving(source, behavior);
  if (behavior === "Removed") return { ...splitAt(source, behavior), invert: true };
  throw new UnsupportedTokenizerError(
    `its pre_tokenizer splits with the behavior ${textOf(behavior)}, inverted, which is not supported`,
  );
}
