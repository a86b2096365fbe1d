/** Halvings of the interval in which an LRU cache's characteristic time lies: to a millionth. */
const HALVINGS = 60;

/**
 * The share of draws that a cache of so many entries answers which puts out what was used least recently, and holds nothing
 * at the beginning: what such a cache comes to in the long run (Che, Tung and Wang, Hierarchical Web Caching Systems, 2002:
 * an entry is there if it was drawn within the time in which as many others are as the cache holds), or what is drawn for a
 * second time at all, whichever is less.
 *
 * @param weights how often each text is drawn, beside the others.
 */
export function reachableHitRate(weights: readonly number[], draws: number, entries: number): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (draws <= 0 || sum <= 0) return 0;
  const shares = weights.map((weight) => weight / sum);
  const distinct = expectedDistinct(shares, draws);
  const again = (draws - distinct) / draws;
  if (entries >= distinct) return again;
  const time = characteristicTime(shares, entries);
  const longRun = shares.reduce((total, share) => total + share * -Math.expm1(-share * time), 0);
  return Math.min(again, longRun);
}

function expectedDistinct(shares: readonly number[], draws: number): number {
  return shares.reduce((total, share) => total - Math.expm1(draws * Math.log1p(-Math.min(share, 1 - 1e-12))), 0);
}

/** In draws: within so many, the expected number of distinct ones is what the cache holds. */
function characteristicTime(shares: readonly number[], entries: number): number {
  const within = (time: number): number => shares.reduce((total, share) => total - Math.expm1(-share * time), 0);
  let [low, high] = [0, 1];
  while (within(high) < entries && high < 1e12) high *= 2;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (within(middle) < entries) low = middle;
    else high = middle;
  }
  return high;
}
