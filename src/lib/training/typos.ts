import type { Random } from "../random.ts";

export interface TypoRates {
  /** Share of texts that are touched at all. */
  readonly texts: number;
  /** Share of the words of such a text that get a slip. */
  readonly words: number;
}

const shortestWord = 4;
const letters = "abcdefghijklmnopqrstuvwxyz";

/** A text as a hurried writer might have typed it: in some words one letter left out, doubled, swapped or wrong. */
export function addTypos(text: string, rates: TypoRates, random: Random): string {
  if (random() >= rates.texts) return text;
  return text.replace(/\p{L}+/gu, (word) =>
    word.length >= shortestWord && random() < rates.words ? slip(word, random) : word,
  );
}

function slip(word: string, random: Random): string {
  const characters = Array.from(word);
  const at = 1 + Math.floor(random() * (characters.length - 2));
  const here = characters[at] ?? "";
  const kind = random();
  if (kind < 0.3) characters.splice(at, 1);
  else if (kind < 0.6) characters.splice(at, 2, characters[at + 1] ?? "", here);
  else if (kind < 0.8) characters.splice(at, 0, here);
  else characters[at] = letters[Math.floor(random() * letters.length)] ?? here;
  return characters.join("");
}
