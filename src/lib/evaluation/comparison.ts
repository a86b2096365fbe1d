import type { Comparison } from "../protocol/model-eval.ts";
import { isRight } from "./scored.ts";
import type { InScope } from "./scored.ts";
import { mcNemar } from "./statistics.ts";

const SIGNIFICANT = 0.05;
const EXAMPLES = 20;

interface Moved {
  readonly gained: number;
  readonly lost: number;
}

/** @param rows of the model. @param others of the other one, of the same rows in the same order. */
export function compare(rows: readonly InScope[], others: readonly InScope[]): Comparison {
  const pairs = rows.map((row, at) => ({ row, other: others[at] ?? row }));
  const all = movedOf(pairs);
  const { p, test } = mcNemar(all.gained, all.lost);
  const byLabel = [...Map.groupBy(pairs, ({ row }) => row.expected)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    agreed: pairs.filter(({ row, other }) => row.predicted === other.predicted).length,
    ...all,
    difference: (all.gained - all.lost) / rows.length,
    p,
    test,
    verdict: verdictOf(all, p, SIGNIFICANT),
    labels: byLabel.map(([label, ofLabel]) => {
      const moved = movedOf(ofLabel);
      const { p } = mcNemar(moved.gained, moved.lost);
      // Of many labels one would fall by chance (Bonferroni).
      return { label, texts: ofLabel.length, ...moved, p, verdict: verdictOf(moved, p, SIGNIFICANT / byLabel.length) };
    }),
    examples: pairs
      .filter(({ row, other }) => !isRight(row) && isRight(other))
      .toSorted((a, b) => b.row.score - a.row.score)
      .slice(0, EXAMPLES)
      .map(({ row: { text, expected, predicted }, other }) => ({ text, expected, predicted, other: other.predicted })),
  };
}

function movedOf(pairs: readonly { readonly row: InScope; readonly other: InScope }[]): Moved {
  const gained = pairs.filter(({ row, other }) => isRight(row) && !isRight(other)).length;
  const lost = pairs.filter(({ row, other }) => !isRight(row) && isRight(other)).length;
  return { gained, lost };
}

function verdictOf({ gained, lost }: Moved, p: number, limit: number): Comparison["verdict"] {
  if (p >= limit) return "no difference shown";
  return gained > lost ? "better" : "worse";
}
