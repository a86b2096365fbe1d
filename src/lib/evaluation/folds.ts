import { shuffled } from "../random.ts";
import type { Random } from "../random.ts";

export interface Turn<T> {
  readonly seen: readonly T[];
  readonly unseen: readonly T[];
}

/** Equal parts, each label spread over them as evenly as it goes, and the turns in which one of them is unseen. */
export function turnsOf<T>(rows: readonly T[], labelOf: (row: T) => string, folds: number, random: Random): Turn<T>[] {
  const byLabel = Map.groupBy(shuffled(rows, random), labelOf);
  const dealt = [...byLabel.keys()].toSorted().flatMap((label) => byLabel.get(label) ?? []);
  return Array.from({ length: folds }, (_, turn) => ({
    seen: dealt.filter((_row, at) => at % folds !== turn),
    unseen: dealt.filter((_row, at) => at % folds === turn),
  }));
}
