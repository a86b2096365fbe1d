import Table from "cli-table3";
import { onOneLine } from "../terminal-text.ts";
import { NO_LINES } from "./table.ts";
import type { SettingRow } from "../config/describe.ts";

// A static import: `combot config` alone renders this table, and oclif loads a command's file only when it is run.

const WIDTH = 100;
const GAP = 2;

/** The settings as three columns without colours or lines; no line is wider than `width` columns. */
export function renderConfig(rows: readonly SettingRow[], width: number = WIDTH): string {
  const names = Math.max(...rows.map(({ name }) => name.length), "setting".length) + GAP;
  const values = Math.max(Math.floor((width - names) / 2), 12);
  const table = new Table({
    head: ["setting", "value", "from"],
    chars: { ...NO_LINES, middle: "" },
    colWidths: [names, values, Math.max(width - names - values, 12)],
    wordWrap: true,
    // Paths and URLs have no blanks to break at.
    wrapOnWordBoundary: false,
    style: { "padding-left": 0, "padding-right": GAP, head: [], border: [] },
  });
  table.push(...rows.map((row) => [row.name, row.value, sourceOf(row)].map(onOneLine)));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

function sourceOf({ source, sourceDetail }: SettingRow): string {
  return sourceDetail === undefined ? source : `${source}: ${sourceDetail}`;
}
