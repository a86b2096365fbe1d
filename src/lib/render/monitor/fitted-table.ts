import { span, widthOf } from "../line.ts";
import type { Line, Span } from "../line.ts";
import { NONE } from "../words.ts";

export interface FittedColumn {
  readonly head: string;
  readonly align?: "left" | "right";
  /** Where there is no room for all columns, those with the highest go first. 0: it stays. */
  readonly spare: number;
}

/**
 * Columns as wide as they must be, one blank apart; whole columns are left out where the lines would be too long, or
 * where nothing is told in them. Made anew each second: cli-table3, which serves the tables that are printed once, takes
 * 0.8 ms for 5 rows of 8 columns, at least 29 times as long (2000 tables of each, in turn).
 */
export function fittedTable(
  columns: readonly FittedColumn[],
  rows: readonly (readonly Span[])[],
  width: number,
): Line[] {
  const widths = columns.map(({ head }, at) =>
    Math.max(head.length, ...rows.map((cells) => cells[at]?.text.length ?? 0)),
  );
  const isTold = (at: number): boolean => rows.some((cells) => ![undefined, "", NONE].includes(cells[at]?.text));
  const shown = new Set([...columns.keys()].filter((at) => columns[at]?.spare === 0 || isTold(at)));
  const needed = (): number => [...shown].reduce((sum, at) => sum + (widths[at] ?? 0) + 1, -1);
  const byWorth = [...columns.keys()].toSorted((a, b) => (columns[b]?.spare ?? 0) - (columns[a]?.spare ?? 0));
  for (const at of byWorth) if (needed() > width && (columns[at]?.spare ?? 0) > 0) shown.delete(at);
  const lineOf = (cells: readonly Span[]): Line =>
    [...shown]
      .toSorted((a, b) => a - b)
      .flatMap((at, index) => {
        const cell = cells[at] ?? span("");
        const blanks = " ".repeat(Math.max(0, (widths[at] ?? 0) - cell.text.length));
        const gap = index === 0 ? "" : " ";
        const isRight = columns[at]?.align === "right";
        return isRight ? [span(gap + blanks), cell] : [span(gap), cell, span(blanks)];
      });
  const lines = [columns.map(({ head }) => span(head, "faint")), ...rows].map(lineOf);
  return lines.map((line) => (widthOf(line) > width ? [] : line));
}
