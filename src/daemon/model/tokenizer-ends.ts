import { z } from "zod";
import { UnsupportedTokenizerError } from "./tokenizer-file.ts";
import type { TokenizerJson } from "./tokenizer-file.ts";

const flag = z.boolean().nullish();
const token = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();

/** What tokenizer_config.json says of the tokens around a text. */
export const endSettings = { add_bos_token: flag, add_eos_token: flag, bos_token: token, eos_token: token };

const schema = z.object(endSettings);
type EndSettings = z.infer<typeof schema>;

interface Ends {
  readonly bos: string;
  readonly eos: string;
  /** Whether the token is put there where no flag says. */
  readonly hasBos: boolean;
}

/**
 * Classes that put another post-processor in the place of tokenizer.json's, by these flags (transformers 4.57); the
 * others take tokenizer.json's as it is.
 */
const CLASSES: readonly (readonly [RegExp, RegExp, Ends])[] = [
  [/^(?:Llama|CodeLlama)$/, /^(?:llama|code_llama|mistral|mixtral)$/, { bos: "<s>", eos: "</s>", hasBos: true }],
  [/^Gemma$/, /^gemma\d?(?:_text)?$/, { bos: "<bos>", eos: "<eos>", hasBos: true }],
  [/^Cohere$/, /^cohere2?$/, { bos: "<BOS_TOKEN>", eos: "<|END_OF_TURN_TOKEN|>", hasBos: true }],
  [/^GPTNeoX$/, /^(?:gpt_neox|stablelm)$/, { bos: "<|endoftext|>", eos: "<|endoftext|>", hasBos: false }],
];

/**
 * transformers 4 makes the post-processor anew by the flags, transformers 5 leaves tokenizer.json's: where the two
 * differ, so do a model's answers, and which of them its owner knows can't be told.
 *
 * @throws {UnsupportedTokenizerError} naming the flags, both sequences and what to do.
 */
export function checkEnds(
  json: TokenizerJson,
  settings: EndSettings & { readonly tokenizer_class?: string | null | undefined },
  modelType: string | null | undefined,
): void {
  const given = (["add_bos_token", "add_eos_token"] as const).filter((name) => typeof settings[name] === "boolean");
  const ends = endsOf(settings.tokenizer_class, modelType);
  if (given.length === 0 || !ends) return;
  const bos = (settings.add_bos_token ?? ends.hasBos) ? [nameOf(settings.bos_token) ?? ends.bos] : [];
  const eos = settings.add_eos_token ? [nameOf(settings.eos_token) ?? ends.eos] : [];
  const flagged = [...bos, TEXT, ...eos].join(" ");
  const filed = sequenceOf(json.post_processor).join(" ");
  if (flagged === filed) return;
  const told = given.map((name) => `${name} ${settings[name]}`).join(" and ");
  throw new UnsupportedTokenizerError(
    `it says ${told}, so a text is to be read as "${flagged}", and tokenizer.json reads it as "${filed}": ` +
      `transformers 4 follows the one, transformers 5 the other. Take the flags out where tokenizer.json is right; ` +
      `else have transformers 4 save the tokenizer, which writes tokenizer.json by the flags`,
  );
}

const TEXT = "TEXT";

function endsOf(className: string | null | undefined, modelType: string | null | undefined): Ends | undefined {
  const name = className?.replace(/Tokenizer(?:Fast)?$/, "");
  const found = CLASSES.find(([classes, types]) =>
    name === undefined ? types.test(modelType ?? "") : classes.test(name),
  );
  return found?.[2];
}

function nameOf(named: EndSettings["bos_token"]): string | undefined {
  return typeof named === "object" ? named?.content : named;
}

const piece = z.object({ SpecialToken: z.object({ id: z.string() }).optional() });
const template = z.object({ type: z.literal("TemplateProcessing"), single: z.array(piece) });
const framing = z.object({
  type: z.enum(["BertProcessing", "RobertaProcessing"]),
  sep: z.tuple([z.string(), z.int()]),
  cls: z.tuple([z.string(), z.int()]),
});
const row = z.object({ type: z.literal("Sequence"), processors: z.array(z.unknown()) });

/** The tokens around a single text, and the text. */
function sequenceOf(part: unknown): string[] {
  const several = row.safeParse(part);
  if (several.success) {
    const all = several.data.processors.map(sequenceOf);
    return all.find((sequence) => sequence.length > 1) ?? [TEXT];
  }
  const framed = framing.safeParse(part);
  if (framed.success) return [framed.data.cls[0], TEXT, framed.data.sep[0]];
  const filled = template.safeParse(part);
  return filled.success ? filled.data.single.map(({ SpecialToken: special }) => special?.id ?? TEXT) : [TEXT];
}
