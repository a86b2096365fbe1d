import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTokenizer } from "../../../src/daemon/model/tokenizer-file.ts";
import { readTokenizerJson } from "../../../src/daemon/model/tokenizer-source.ts";
import { Encoder } from "../../../src/daemon/text/encoder.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { byteLevelBpe, wordPiece } from "../../support/tokenizers.ts";

function folderWith(files: Readonly<Record<string, string | object>>): string {
  const dir = temporaryFolder();
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(dir, name), typeof content === "string" ? content : JSON.stringify(content));
  return dir;
}

async function idsOf(dir: string, modelType: string, text: string): Promise<number[]> {
  const { json } = readTokenizer(await readTokenizerJson(dir, modelType));
  const encoder = await Encoder.open(json, { windowTokens: 64 });
  return [...(await encoder.encode({ text })).ids];
}

const words = Object.entries(wordPiece().model["vocab"] as Record<string, number>)
  .toSorted(([, a], [, b]) => a - b)
  .map(([word]) => word);
const { vocab, merges } = byteLevelBpe().model as { vocab: Record<string, number>; merges: string[] };
const mergesFile = `#version: 0.2\n${merges.join("\n")}\n`;

describe("a folder without tokenizer.json", () => {
  test.each(["\n", "\r\n"])("of BERT's kind, lines end with %j: by vocab.txt", async (end) => {
    const dir = folderWith({ "vocab.txt": words.map((word) => word + end).join("") });
    expect(await idsOf(dir, "bert", "Where is my order? [MASK]")).toEqual([2, 5, 6, 7, 8, 16, 4, 3]);
  });

  test("honours tokenizer_config.json", async () => {
    const cased = { do_lower_case: false, tokenizer_class: "ElectraTokenizer" };
    const dir = folderWith({ "vocab.txt": words.join("\n"), "tokenizer_config.json": cased });
    expect(await idsOf(dir, "electra", "Where is")).toEqual([2, 1, 6, 3]);
  });

  test("has the special tokens that special_tokens_map.json names", async () => {
    const renamed = words.map((word) => ({ "[CLS]": "<cls>", "[SEP]": "<sep>" })[word] ?? word);
    const map = { cls_token: "<cls>", sep_token: { content: "<sep>", lstrip: false, rstrip: false } };
    const dir = folderWith({ "vocab.txt": renamed.join("\n"), "special_tokens_map.json": map });
    expect(await idsOf(dir, "bert", "is <sep>")).toEqual([2, 6, 3, 3]);
  });

  test("of RoBERTa's kind: by vocab.json and merges.txt", async () => {
    const dir = folderWith({ "vocab.json": vocab, "merges.txt": mergesFile });
    expect(await idsOf(dir, "roberta", "the order")).toEqual([0, 262, 268, 2]);
    expect(await idsOf(dir, "roberta", "the <mask>")).toEqual([0, 262, 4, 2]);
  });

  test("of GPT-2's kind, which has no special tokens around a text", async () => {
    const withEnd = { ...vocab, "<|endoftext|>": Object.keys(vocab).length };
    const dir = folderWith({
      "vocab.json": withEnd,
      "merges.txt": mergesFile,
      "tokenizer_config.json": { add_prefix_space: true },
    });
    expect(await idsOf(dir, "gpt2", "order")).toEqual([268]);
  });

  test.each<[string, Readonly<Record<string, string | object>>, string]>([
    ["a SentencePiece model", { "sentencepiece.bpe.model": "…" }, "xlm-roberta"],
    [
      "a vocabulary of another kind",
      { "vocab.txt": "a\nb\n", "tokenizer_config.json": { tokenizer_class: "BertJapaneseTokenizer" } },
      "bert",
    ],
    ["a vocabulary without merges", { "vocab.json": vocab }, "roberta"],
    ["nothing", {}, "bert"],
  ])("%s: refused with the command that writes it", async (_, files, modelType) => {
    const dir = folderWith(files);
    const command = `T.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[1])' '${dir}'`;
    const opened = readTokenizerJson(dir, modelType);
    await expect(opened).rejects.toThrow(expect.objectContaining({ code: "MODEL_INVALID" }));
    await expect(opened).rejects.toThrow(command);
  });

  test("whose vocabulary lacks a special token is refused by its name", async () => {
    const dir = folderWith({ "vocab.txt": words.filter((word) => word !== "[SEP]").join("\n") });
    await expect(readTokenizerJson(dir, "bert")).rejects.toThrow(
      /vocab\.txt: its sep_token \[SEP\] is not in its vocabulary/,
    );
  });
});
