import type { Lexicon } from "./lexicon.ts";
import { continuationPrefix, specialTokens } from "./vocabulary.ts";

/** How much each kind of feature counts before rarity is weighed in. */
export interface KindWeights {
  readonly token: number;
  readonly characters: number;
  readonly theme: number;
  readonly pair: number;
}

/**
 * Weights to choose from by cross-validation. Where words are many and known, what counts is who stands beside
 * whom; where texts are few and no lexicon helps, pairs mostly are new, and parts of words say more.
 */
export const weightChoices: readonly KindWeights[] = [
  { token: 1, characters: 0.3, theme: 4, pair: 1.4 },
  { token: 1, characters: 0.4, theme: 4, pair: 0.8 },
];

export interface TokenFeature {
  readonly key: string;
  readonly kind: keyof KindWeights;
}

const shortestRun = 3;
const longestRun = 5;
const digits = "digits";

/**
 * What a token stands for: itself, the runs of characters in it (so that "refunded" helps
 * "refunds"), the themes it belongs to. Features of one token never look at its neighbours, so
 * that in the finished graph they fold into one row a token.
 */
export function listTokenFeatures(token: string, lexicon: Lexicon): TokenFeature[] {
  const itself: TokenFeature = { key: `token ${token}`, kind: "token" };
  if ((specialTokens as readonly string[]).includes(token)) return [itself];
  const runs = listRuns(token).map((run): TokenFeature => ({ key: `run ${run}`, kind: "characters" }));
  const themes = listThemes(token, lexicon).map((theme): TokenFeature => ({ key: `theme ${theme}`, kind: "theme" }));
  return [itself, ...runs, ...themes];
}

/** What a token is taken for in a pair of neighbours: its first theme, or itself. */
export function classifyToken(token: string, lexicon: Lexicon): string {
  const [theme] = listThemes(token, lexicon);
  return theme === undefined ? `token ${token}` : `theme ${theme}`;
}

function listThemes(token: string, lexicon: Lexicon): readonly string[] {
  if (/^(##)?\d+$/.test(token)) return [digits];
  return lexicon.get(token) ?? [];
}

/** Runs of characters of a token, word borders included, as `<` and `>`. */
function listRuns(token: string): string[] {
  const isInside = token.startsWith(continuationPrefix);
  const marked = Array.from(isInside ? token.slice(continuationPrefix.length) : `<${token}>`);
  const runs: string[] = [];
  for (let length = shortestRun; length <= longestRun; length++) {
    for (let start = 0; start + length <= marked.length; start++)
      runs.push(marked.slice(start, start + length).join(""));
  }
  return runs;
}
