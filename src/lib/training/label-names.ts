/**
 * What a label's own name says: "card_arrival" and "cardArrival" are the text "card arrival".
 *
 * @param isKnown tells whether a word stands in the training texts; a name without any such word,
 *   like "LABEL_7", says nothing about its texts.
 */
export function readLabelName(label: string, isKnown: (word: string) => boolean): string | undefined {
  const words = label
    .replaceAll(/(\p{Ll})(?=\p{Lu})/gu, "$1 ")
    .toLowerCase()
    .match(/\p{L}+|\d+/gu);
  return words?.some((word) => /\p{L}/u.test(word) && isKnown(word)) ? words.join(" ") : undefined;
}
