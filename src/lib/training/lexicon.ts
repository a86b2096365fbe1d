import { readFileSync } from "node:fs";
import { CombotError, messageOf } from "../errors.ts";
import { packageFile } from "../package-files.ts";

/** Themes by word: words of a theme share what the trainer learns, so that one seen word teaches for all. */
export type Lexicon = ReadonlyMap<string, readonly string[]>;

export const emptyLexicon: Lexicon = new Map();

/** Themes of everyday English; of a text in another language they touch nothing. */
export const englishLexicon = packageFile("templates/training/english.txt");

/**
 * Reads a lexicon: one theme a line, `name: word word word`; `#` starts a comment line. A word may
 * stand in several themes; the first is the one pairs of neighbouring words are made of.
 *
 * @throws {CombotError} `USAGE` on a missing file or a line without a colon.
 */
export function readLexicon(path: string): Lexicon {
  const themes = new Map<string, string[]>();
  for (const [index, line] of readLines(path).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    if (colon < 0) throw new CombotError("USAGE", `${path}: line ${index + 1} has no colon after the theme's name`);
    addTheme(themes, line.slice(0, colon).trim(), line.slice(colon + 1));
  }
  return themes;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/);
  } catch (cause) {
    throw new CombotError("USAGE", `${path}: cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function addTheme(themes: Map<string, string[]>, theme: string, words: string): void {
  for (const word of words.trim().split(/\s+/)) {
    const known = themes.get(word);
    if (!known) themes.set(word, [theme]);
    else if (!known.includes(theme)) known.push(theme);
  }
}
