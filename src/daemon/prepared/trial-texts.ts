import type { TextTokens } from "../workers/texts.ts";
import type { TrialModel } from "./trial.ts";

/** Of several lengths and scripts, and with several last characters. */
const SENTENCES: readonly string[] = [
  "Where is my order?",
  "hello",
  "I would like to send back the shoes that came on Monday",
  "thanks!",
  "Can I pay with two cards at once?",
  "cancel my subscription, please.",
  "The parcel is damaged & the box was open :(",
  "What are your opening hours on public holidays?",
  "ok",
  "I forgot my password and the link in your mail doesn't work any more",
  "wo bleibt mein Geld?",
  "Je voudrais changer l'adresse de livraison avant demain",
  "¿Puedo hablar con una persona?",
  "Где мой заказ?",
  "我的包裹在哪里",
  "أين طلبي",
  "zu teuer 👎",
  "Order 4711-0815 from 2024-05-06, 3 items, 129.90 EUR",
];
/** How many sentences make a text, for those that are longer than one. */
const JOINED = [2, 3, 4, 5, 6, 8];
const LONGEST_JOINED_TOKENS = 64;
/** Attention takes time by the square of the length: a longer window is not filled. */
const LONGEST_TOKENS = 512;
/** So many of the first have a mate of their own length. */
const MATED = 12;

export interface TrialTexts {
  readonly texts: readonly TextTokens[];
  /** The last entry of the vocabulary, as a text. */
  readonly lastEntry: TextTokens;
}

/**
 * Texts of one token to the window, as the model's own tokenizer cuts them, so that special tokens and types are where
 * the model expects them. A mate has another text's tokens in another order: one more text, and a pair of one length.
 */
export async function trialTexts(model: TrialModel): Promise<TrialTexts> {
  const own: TextTokens[] = [];
  for (const sentence of SENTENCES) own.push(await model.encode(sentence));
  for (const [at, count] of JOINED.entries()) own.push(await joined(model, at * 3, count));
  const long = await longText(model);
  const [before, after] = frameOf(own);
  const mates = own.slice(0, MATED).map((text) => mateOf(text, before, after));
  const [first] = own;
  const ids = Int32Array.of(...first!.ids.subarray(0, before), model.vocabulary - 1, ...tail(first!.ids, after));
  return { texts: [...own, ...mates, long], lastEntry: { ids, types: undefined } };
}

function sentencesFrom(at: number, count: number): string {
  return Array.from({ length: count }, (_, next) => SENTENCES[(at + next) % SENTENCES.length]).join(" ");
}

async function joined(model: TrialModel, at: number, count: number): Promise<TextTokens> {
  const text = await model.encode(sentencesFrom(at, count));
  return text.ids.length <= LONGEST_JOINED_TOKENS || count === 1 ? text : joined(model, at, count - 1);
}

/** Fills the window, or as much of it as is tried. */
async function longText(model: TrialModel): Promise<TextTokens> {
  const wanted = Math.min(model.windowTokens, LONGEST_TOKENS);
  for (let count = 16; ; count *= 2) {
    const text = await model.encode(sentencesFrom(0, count));
    if (text.ids.length >= wanted || count > wanted) return shortened(model, text, count);
  }
}

/** The last doubling may have gone far beyond. */
async function shortened(model: TrialModel, text: TextTokens, count: number): Promise<TextTokens> {
  if (text.ids.length <= LONGEST_TOKENS) return text;
  const fitting = Math.max(1, Math.floor((count * LONGEST_TOKENS) / text.ids.length) - 1);
  return model.encode(sentencesFrom(0, fitting));
}

/** How many tokens all texts begin with, and how many they end with: the special ones. */
function frameOf(texts: readonly TextTokens[]): [number, number] {
  const shortest = Math.min(...texts.map(({ ids }) => ids.length));
  const [first] = texts;
  const isCommon = (place: (ids: Int32Array) => number | undefined): boolean =>
    texts.every(({ ids }) => place(ids) === place(first!.ids));
  let before = 0;
  while (before < shortest - 1 && isCommon((ids) => ids[before])) before += 1;
  let after = 0;
  while (after < shortest - before - 1 && isCommon((ids) => ids.at(-1 - after))) after += 1;
  return [before, after];
}

function mateOf({ ids, types }: TextTokens, before: number, after: number): TextTokens {
  const mate = Int32Array.from(ids);
  mate.subarray(before, ids.length - after).reverse();
  return { ids: mate, types };
}

function tail(ids: Int32Array, count: number): Int32Array {
  return ids.subarray(ids.length - count);
}
