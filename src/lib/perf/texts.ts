import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { CombotError } from "../errors.ts";
import { packageFile } from "../package-files.ts";
import { namedFileFailure } from "../system-errors.ts";

export interface TextSet {
  /** `bundled`, or the file's path. */
  readonly source: string;
  readonly texts: readonly string[];
  /** How often each is asked, beside the others; by Zipf's law without. */
  readonly weights?: readonly number[];
  /** Of the texts and their order: 12 hex digits. */
  readonly digest: string;
}

const BUNDLED = packageFile("models/shop-intents/questions.txt");

/** The shop questions that come with combot, the first asked most often. */
export function bundledTexts(): TextSet {
  return setOf("bundled", readFileSync(BUNDLED, "utf8"));
}

/**
 * A file's texts, one a line; blank lines are left out.
 *
 * @throws {CombotError} `USAGE` if it can't be read or holds none.
 */
export function textsOf(path: string): TextSet {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (thrown) {
    throw namedFileFailure(`--texts ${path}`, thrown);
  }
  const found = setOf(path, content);
  if (found.texts.length === 0) throw new CombotError("USAGE", `--texts ${path}: there is no text in it.`);
  return found;
}

function setOf(source: string, content: string): TextSet {
  const texts = content
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const digest = createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 12);
  return { source, texts, digest };
}
