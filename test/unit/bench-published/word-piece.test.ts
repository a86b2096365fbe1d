import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Tokenizer } from "tokenizers";
import { expect, test } from "vitest";
import { bundledTexts } from "../../../src/lib/perf/texts.ts";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";
import { hasPython, PYTHON } from "../../support/python/debian.ts";
import { writeTiny } from "../bench-model/tiny-models.ts";

const APP = join(PACKAGE_FOLDER, "bench/published/app");
const ENCODE = `
import json, sys
from word_piece import WordPiece
tokenizer = WordPiece(sys.argv[1], int(sys.argv[2]))
print(json.dumps([tokenizer.encode(text) for text in json.load(sys.stdin)]))
`;

/** None with the name of a special token, which Hugging Face's takes for it wherever it stands. */
const ODD = [
  "",
  "   ",
  "Where's MY order #12-b?!",
  "tab\tnew\nline\u00a0no-break\u3000ideographic",
  "bell\u0007 zero\u200bwidth \ufffd \u0000 soft\u00adhyphen",
  "naïve Ångström İstanbul ẞ ﬁ",
  "我的订单在哪里 где мой заказ",
  "€5 £3 ¥1 – “quoted” … ¿qué?",
  "🙂👍🏽 x",
  "a".repeat(100),
  "a".repeat(101),
];

test.skipIf(!hasPython())("the Python tokenizer gives what combot's gives", async () => {
  const dir = writeTiny({ type: "bert" });
  const questions = bundledTexts().texts.filter((_, at) => at % 10 === 0);
  const texts = [...ODD, ...questions];
  const tokenizer = Tokenizer.fromFile(join(dir, "tokenizer.json"));
  const expected = await Promise.all(texts.map(async (text) => [...(await tokenizer.encode(text)).getIds()]));
  const { stdout, stderr } = spawnSync(PYTHON, ["-c", ENCODE, join(dir, "tokenizer.json"), "512"], {
    input: JSON.stringify(texts),
    encoding: "utf8",
    env: { PYTHONPATH: APP, PYTHONDONTWRITEBYTECODE: "1" },
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(expected);
});
