/** Characters that draw; each is one column wide. */
export interface Glyphs {
  readonly full: string;
  readonly empty: string;
  readonly mark: string;
  /** From lowest to highest. */
  readonly spark: string;
  readonly separator: string;
  readonly column: string;
  /** In front of what is selected. */
  readonly pointer: string;
  /** Points up, at a moment of a time line. */
  readonly here: string;
  /** Beside the column that rows are sorted by. */
  readonly down: string;
  /** Stands where a text goes on that has no room. */
  readonly more: string;
}

export const UNICODE_GLYPHS: Glyphs = {
  full: "█",
  empty: "░",
  mark: "│",
  spark: "▁▂▃▄▅▆▇█",
  separator: " · ",
  column: " │ ",
  pointer: "▸",
  here: "▲",
  down: "▼",
  more: "…",
};

export const ASCII_GLYPHS: Glyphs = {
  full: "#",
  empty: ".",
  mark: "|",
  spark: "_.-~=+*#",
  separator: " - ",
  column: " | ",
  pointer: ">",
  here: "^",
  down: "v",
  more: "...",
};

/** What a terminal of this environment can show: other than UTF-8, and where nothing says which, is ASCII. */
export function glyphsFor(env: Readonly<Record<string, string | undefined>>): Glyphs {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return /utf-?8/i.test(locale) && env["TERM"] !== "dumb" ? UNICODE_GLYPHS : ASCII_GLYPHS;
}
