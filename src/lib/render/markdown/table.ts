import type { Tokens } from "marked";
import type { Paint } from "../paint.ts";
import { type Word, widthOf, wordsOf, wrap } from "./words.ts";

const GAP = 2;
/** A column of words is not made narrower than this. */
const LEAST = 24;

type Row = readonly (readonly Word[])[];

/** Columns that fit into the width; where they can't, each row is a list of its cells. */
export function renderMarkdownTable({ header, rows }: Tokens.Table, width: number, paint: Paint): string[] {
  const heads = header.map(({ tokens }) => wordsOf(tokens, paint));
  const body = rows.map((row) => row.map(({ tokens }) => wordsOf(tokens, paint)));
  const widths = fit([heads, ...body], width);
  if (widths === null) return body.flatMap((row) => record(heads, row, width, paint));
  const lines = (row: Row): string[] => layOut(row, widths, paint);
  const rule = paint.faint(widths.map((one) => "-".repeat(one)).join(" ".repeat(GAP)));
  // Where a cell takes several lines, a blank one keeps the rows apart.
  const shown = body.map(lines);
  const isOpen = shown.some((row) => row.length > 1);
  return [
    ...lines(heads).map(paint.strong),
    rule,
    ...shown.flatMap((row, index) => (isOpen && index > 0 ? ["", ...row] : row)),
  ];
}

/** Null where a column would have to break its words. */
function fit(rows: readonly Row[], width: number): number[] | null {
  const columns = rows[0]?.map((_, at) => rows.map((row) => row[at] ?? [])) ?? [];
  const natural = columns.map((cells) => Math.max(1, ...cells.map(naturalWidth)));
  const room = width - GAP * (columns.length - 1);
  const least = columns.map((cells, at) =>
    Math.min(natural[at] ?? 0, Math.max(LEAST, ...cells.flat().map((word) => widthOf(word)))),
  );
  if (sum(least) > room) return null;
  const widths = [...natural];
  // The widest gives way until all fit.
  while (sum(widths) > room) {
    const over = widths.map((one, at) => (one > (least[at] ?? 0) ? one : 0));
    const widest = over.indexOf(Math.max(...over));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return widths;
}

function naturalWidth(words: readonly Word[]): number {
  return words.reduce((total, word) => total + widthOf(word) + 1, -1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function layOut(row: Row, widths: readonly number[], paint: Paint): string[] {
  const cells = widths.map((width, at) => wrap(row[at] ?? [], width, paint));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, at) => {
        const { text, width } = lines[line] ?? { text: "", width: 0 };
        return text + " ".repeat((widths[at] ?? 0) - width);
      })
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
}

function record(heads: Row, row: Row, width: number, paint: Paint): string[] {
  const [first = [], ...others] = row;
  const lines = others.flatMap((cell, at) => {
    if (cell.length === 0) return [];
    const head = heads[at + 1]?.map((word) => word.map(({ text }) => text).join("")).join(" ") ?? "";
    const labelled: Word[] = head === "" ? [...cell] : [[{ text: `${head}:`, style: "plain" }], ...cell];
    return wrap(labelled, width - GAP, paint).map(({ text }) => `${" ".repeat(GAP)}${text}`);
  });
  return [...wrap(first, width, paint).map(({ text }) => paint.strong(text)), ...lines, ""];
}
