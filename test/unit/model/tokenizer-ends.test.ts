import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tokenizerSchema } from "../../../src/daemon/model/tokenizer-file.ts";
import { adaptTokenizer, tokenizerSettingsSchema } from "../../../src/daemon/model/tokenizer-settings.ts";
import { readTokenizerJson } from "../../../src/daemon/model/tokenizer-source.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { byteLevelBpe, changed } from "../../support/tokenizers.ts";

const adapt = (postProcessor: object | null, settings: object, modelType?: string): unknown => {
  const json = tokenizerSchema.parse(changed(byteLevelBpe(), { post_processor: postProcessor }));
  return adaptTokenizer(json, tokenizerSettingsSchema.parse(settings), modelType).post_processor;
};

/** As the tokenizers library writes a template, `<s> $A </s>` for one. */
function template(single: string): object {
  const pieces = single.split(" ").map((word) => {
    return word === "$A" ? { Sequence: { id: "A", type_id: 0 } } : { SpecialToken: { id: word, type_id: 0 } };
  });
  return {
    type: "TemplateProcessing",
    single: pieces,
    pair: [...pieces, { Sequence: { id: "B", type_id: 1 } }],
    special_tokens: {
      "<s>": { id: "<s>", ids: [0], tokens: ["<s>"] },
      "</s>": { id: "</s>", ids: [2], tokens: ["</s>"] },
    },
  };
}

const BYTES = { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true };
const inSequence = (part: object): object => ({ type: "Sequence", processors: [BYTES, part] });
const LLAMA = { tokenizer_class: "LlamaTokenizer", bos_token: "<s>", eos_token: { content: "</s>" } };

/**
 * What texts are read as, of transformers 4.57's classes by update_post_processor, and of 5.18's AutoTokenizer as it
 * answered: in 5 every one of these is read as its post-processor says.
 */
describe("add_bos_token and add_eos_token", () => {
  test.each<[string, object | null, object, string | undefined]>([
    ["are of one mind with it", template("<s> $A"), { ...LLAMA, add_bos_token: true, add_eos_token: false }, "llama"],
    ["and where only one is said", template("<s> $A </s>"), { ...LLAMA, add_eos_token: true }, "llama"],
    ["inside a sequence", inSequence(template("<s> $A")), { ...LLAMA, add_bos_token: true }, "llama"],
    ["and put in nothing", BYTES, { ...LLAMA, add_bos_token: false }, "llama"],
    ["are not said", null, LLAMA, "llama"],
    ["are null", template("<s> $A </s>"), { ...LLAMA, add_bos_token: null, add_eos_token: null }, "llama"],
    // No version of these classes heeds them where there is a tokenizer.json.
    ["are GPT-2's", BYTES, { tokenizer_class: "GPT2Tokenizer", add_bos_token: true }, "gpt2"],
    ["are Qwen's", template("<s> $A"), { tokenizer_class: "Qwen2Tokenizer", add_bos_token: false }, "qwen2"],
    ["are the general class's", BYTES, { tokenizer_class: "PreTrainedTokenizerFast", add_bos_token: true }, "llama"],
  ])("%s: tokenizer.json's post-processor stays", (_, postProcessor, settings, modelType) => {
    expect(adapt(postProcessor, settings, modelType)).toEqual(postProcessor);
  });

  test.each<[string, object | null, object, string | undefined, string, string]>([
    ["asks for an end", template("<s> $A"), { ...LLAMA, add_eos_token: true }, "llama", "<s> TEXT </s>", "<s> TEXT"],
    ["asks for none", template("<s> $A"), { ...LLAMA, add_bos_token: false }, "llama", "TEXT", "<s> TEXT"],
    ["where there is no template", BYTES, { ...LLAMA, add_bos_token: true }, "llama", "<s> TEXT", "TEXT"],
    ["in a sequence", inSequence(template("$A </s>")), { ...LLAMA, add_bos_token: true }, "", "<s> TEXT", "TEXT </s>"],
    ["by the model's type", null, { add_bos_token: true }, "mistral", "<s> TEXT", "TEXT"],
    [
      "with a token of its own",
      null,
      { tokenizer_class: "GemmaTokenizerFast", add_bos_token: true },
      "",
      "<bos> TEXT",
      "TEXT",
    ],
    [
      "of a class that adds none",
      template("<s> $A"),
      { tokenizer_class: "GPTNeoXTokenizerFast", add_eos_token: false },
      "",
      "TEXT",
      "<s> TEXT",
    ],
  ])("%s: refused, with both", (_, postProcessor, settings, modelType, flagged, filed) => {
    const names = Object.entries(settings).filter(([name]) => name.startsWith("add_"));
    const told = names.map(([name, value]) => `${name} ${String(value)}`).join(" and ");
    expect(() => adapt(postProcessor, settings, modelType)).toThrow(
      `it says ${told}, so a text is to be read as "${flagged}", and tokenizer.json reads it as "${filed}"`,
    );
  });

  test("of a folder without tokenizer.json: refused with the command that writes it", async () => {
    const dir = temporaryFolder();
    const { vocab, merges } = byteLevelBpe().model as { vocab: object; merges: string[] };
    writeFileSync(join(dir, "vocab.json"), JSON.stringify({ ...vocab, "<|endoftext|>": 1000 }));
    writeFileSync(join(dir, "merges.txt"), merges.join("\n"));
    await expect(readTokenizerJson(dir, "gpt2")).resolves.toBeDefined();
    writeFileSync(join(dir, "tokenizer_config.json"), JSON.stringify({ add_bos_token: true }));
    await expect(readTokenizerJson(dir, "gpt2")).rejects.toThrow(/tokenizer\.json: it is missing.*python3 -c/);
  });
});
