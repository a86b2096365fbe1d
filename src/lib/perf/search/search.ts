/** A rate that was offered, and whether the targets held at it. */
export interface Tried {
  readonly ratePerSecond: number;
  readonly held: boolean;
}

export interface SearchLimits {
  /** Where the search begins. */
  readonly startPerSecond: number;
  readonly leastPerSecond: number;
  readonly mostPerSecond: number;
  /** It ends where the lowest missed rate is above the highest held one by no more than this share. */
  readonly precision: number;
}

/** What to try next, or what was found: the highest rate that was held, and the lowest that was missed. */
export type Next =
  | { readonly act: "try"; readonly ratePerSecond: number }
  | { readonly act: "found"; readonly held: number | null; readonly missed: number | null };

/**
 * Doubles until a rate is missed (or halves until one is held), then bisects, on a scale of factors. A rate that is
 * missed outweighs a higher one that was held: the machine was lucky there.
 */
export function nextRate(tried: readonly Tried[], limits: SearchLimits): Next {
  const { startPerSecond, leastPerSecond, mostPerSecond, precision } = limits;
  if (tried.length === 0) return { act: "try", ratePerSecond: startPerSecond };
  const { held, missed } = bracketOf(tried);
  if (held !== null && missed !== null) {
    if (missed <= held * (1 + precision)) return { act: "found", held, missed };
    return { act: "try", ratePerSecond: threeFigures(Math.sqrt(held * missed)) };
  }
  if (held !== null) {
    if (held >= mostPerSecond) return { act: "found", held, missed };
    return { act: "try", ratePerSecond: Math.min(mostPerSecond, held * 2) };
  }
  if (missed === null || missed <= leastPerSecond) return { act: "found", held, missed };
  return { act: "try", ratePerSecond: Math.max(leastPerSecond, missed / 2) };
}

/** The lowest rate missed, and the highest held below it. */
export function bracketOf(tried: readonly Tried[]): { readonly held: number | null; readonly missed: number | null } {
  const rates = (held: boolean): number[] =>
    tried.filter((one) => one.held === held).map(({ ratePerSecond }) => ratePerSecond);
  const lowestMissed = Math.min(...rates(false));
  const highestHeld = Math.max(...rates(true).filter((rate) => rate < lowestMissed));
  return { held: finite(highestHeld), missed: finite(lowestMissed) };
}

export interface Answer {
  /** Null where a run held nothing. */
  readonly ratePerSecond: number | null;
  /** Highest less lowest of the runs, of the median; null with fewer than two. */
  readonly spread: number | null;
}

/** What the runs come to: the median (of two the lower one), and how far they lie apart. */
export function answerOf(found: readonly (number | null)[]): Answer {
  const rates = found.map((rate) => rate ?? 0).toSorted((a, b) => a - b);
  const median = rates[Math.floor((rates.length - 1) / 2)] ?? 0;
  if (median === 0) return { ratePerSecond: null, spread: null };
  const spread = rates.length < 2 ? null : (rates.at(-1)! - rates[0]!) / median;
  return { ratePerSecond: median, spread };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Rates that can be read; far finer than the precision. */
function threeFigures(rate: number): number {
  return Number(rate.toPrecision(3));
}
