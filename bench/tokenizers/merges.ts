export interface Merged {
  /** Symbols in the order in which they came to be: single ones first. */
  readonly tokens: readonly string[];
  /** Pairs in the order in which they are merged. */
  readonly merges: readonly (readonly [string, string])[];
}

interface Word {
  symbols: string[];
  readonly count: number;
}

/** Byte-pair encoding as Sennrich et al. (2016) train it: the commonest pair of neighbours, again and again. */
export function trainMerges(words: ReadonlyMap<string, number>, alphabet: readonly string[], count: number): Merged {
  const left = [...words].map(([word, times]): Word => ({ symbols: Array.from(word), count: times }));
  const tokens = new Set([...alphabet, ...left.flatMap(({ symbols }) => symbols)]);
  const merges: (readonly [string, string])[] = [];
  while (merges.length < count) {
    const pair = commonest(left);
    if (!pair) break;
    merges.push(pair);
    tokens.add(pair.join(""));
    for (const word of left) word.symbols = merge(word.symbols, pair);
  }
  return { tokens: [...tokens], merges };
}

function commonest(words: readonly Word[]): readonly [string, string] | undefined {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let at = 1; at < symbols.length; at++) {
      const pair = `${symbols[at - 1]}\0${symbols[at]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: [string, number] | undefined;
  for (const [pair, count] of counts)
    if (!best || count > best[1] || (count === best[1] && pair < best[0])) best = [pair, count];
  return best?.[0].split("\0") as [string, string] | undefined;
}

function merge(symbols: readonly string[], [first, second]: readonly [string, string]): string[] {
  const merged: string[] = [];
  for (let at = 0; at < symbols.length; at++) {
    const isPair = symbols[at] === first && symbols[at + 1] === second;
    merged.push(isPair ? first + second : (symbols[at] ?? ""));
    if (isPair) at += 1;
  }
  return merged;
}
