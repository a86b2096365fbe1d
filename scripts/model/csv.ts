import { readFileSync } from "node:fs";

export interface Example {
  readonly text: string;
  readonly label: string;
}

/** A data file that cannot be used: the message says which and why. */
export class DataError extends Error {}

/**
 * Reads a labelled data set: a header line, then the text in the first column and its label in
 * the second. Fields may be quoted, with line breaks and doubled quotes inside (RFC 4180).
 *
 * @throws {DataError} on a missing or empty file, an unclosed quote, or a row without text or label.
 */
export function readExamples(path: string): Example[] {
  const [header, ...rows] = parseCsv(readText(path), path);
  if (header?.[0]?.trim().toLowerCase() !== "text") {
    throw new DataError(`${path}: the first line must name the columns, the first of them "text"`);
  }
  if (rows.length === 0) throw new DataError(`${path}: no rows`);
  return rows.map(([text = "", label = ""], index) => {
    if (text.trim() === "" || label.trim() === "")
      throw new DataError(`${path}: row ${index + 2} has no text or no label`);
    return { text, label: label.trim() };
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw new DataError(`${path}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unknown"})`, { cause });
  }
}

/** Splits into rows of fields; blank lines are left out. */
function parseCsv(source: string, path: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < source.length) {
    const field = source[at] === '"' ? quotedField(source, at, path) : plainField(source, at);
    row.push(field.value);
    at = field.end;
    if (source[at] === ",") {
      at++;
      if (at === source.length) row.push("");
      continue;
    }
    at += source.startsWith("\r\n", at) ? 2 : 1;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}

interface Field {
  readonly value: string;
  /** Where the separator after the field stands. */
  readonly end: number;
}

function plainField(source: string, start: number): Field {
  let end = start;
  while (end < source.length && source[end] !== "," && source[end] !== "\n" && source[end] !== "\r") end++;
  return { value: source.slice(start, end), end };
}

function quotedField(source: string, start: number, path: string): Field {
  let value = "";
  let at = start + 1;
  for (;;) {
    const close = source.indexOf('"', at);
    if (close < 0) throw new DataError(`${path}: a quote opened at character ${start} is never closed`);
    value += source.slice(at, close);
    if (source[close + 1] !== '"')
      return { value: value + plainField(source, close + 1).value, end: plainField(source, close + 1).end };
    value += '"';
    at = close + 2;
  }
}
