import { shuffled } from "../random.ts";
import type { Random } from "../random.ts";

export interface Turn<T> {
  readonly train: readonly T[];
  readonly unseen: readonly T[];
}

export interface FoldLimits {
  readonly folds: number;
  /** No more turns than it takes to have seen so many texts unseen. */
  readonly enough: number;
}

/**
 * Deals examples into equal parts, each label spread over them as evenly as it goes, and gives the
 * turns in which one part is unseen. With few texts a label, chance would leave some out of a part.
 */
export function dealFolds<T extends { readonly label: number }>(
  examples: readonly T[],
  limits: FoldLimits,
  random: Random,
): Turn<T>[] {
  const byLabel = Map.groupBy(shuffled(examples, random), ({ label }) => label);
  const dealt = [...byLabel.keys()].toSorted((a, b) => a - b).flatMap((label) => byLabel.get(label) ?? []);
  const turns = Math.min(limits.folds, Math.ceil((limits.enough * limits.folds) / examples.length));
  return Array.from({ length: turns }, (_, turn) => ({
    train: dealt.filter((_example, at) => at % limits.folds !== turn),
    unseen: dealt.filter((_example, at) => at % limits.folds === turn),
  }));
}
