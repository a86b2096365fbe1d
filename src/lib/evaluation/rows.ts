import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { CombotError, messageOf } from "../errors.ts";
import { formatBytes } from "../units.ts";

export interface Row {
  readonly text: string;
  /** Null where it is left empty: of none of the labels. */
  readonly label: string | null;
  /** In the file, the first is 1. */
  readonly line: number;
}

/** As data sets call it. */
const LABEL_COLUMNS = ["label", "category", "intent"];
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_ROWS = 1_000_000;
const MOST_TEXT_CHARACTERS = 1024 * 1024;

/**
 * Reads labelled texts: CSV (RFC 4180) with a line of names, of which `text` and `label` (or `category`, or `intent`) count, or JSON lines with these
 * two fields, told by the file's name or its first character. Blocks.
 *
 * @throws {CombotError} `USAGE` naming the file, the line and what is wrong with it.
 */
export function readRows(path: string): Row[] {
  const source = readSource(path);
  const isLines = [".jsonl", ".ndjson"].includes(extname(path).toLowerCase()) || source.trimStart().startsWith("{");
  const rows = isLines ? rowsOfLines(path, source) : rowsOfCsv(path, source);
  if (rows.length === 0) throw refusal(path, "it has no rows");
  if (rows.length > MOST_ROWS) throw refusal(path, `it has ${rows.length} rows, and ${MOST_ROWS} are the most`);
  return rows;
}

function readSource(path: string): string {
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new Error("it is no file");
    if (found.size > MOST_BYTES)
      throw new Error(`it has ${formatBytes(found.size)}, and ${formatBytes(MOST_BYTES)} are the most`);
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const told = error instanceof TypeError ? "it is not UTF-8" : messageOf(error);
    throw refusal(path, told, undefined, error);
  }
}

interface Record {
  readonly info: { readonly lines: number };
  readonly record: readonly string[];
}

function rowsOfCsv(path: string, source: string): Row[] {
  const [names, ...records] = recordsOf(path, source);
  const heads = names?.record.map((name) => name.trim().toLowerCase()) ?? [];
  const text = heads.indexOf("text");
  const label = heads.findIndex((head) => LABEL_COLUMNS.includes(head));
  if (text < 0 || label < 0) throw refusal(path, "its first line must name the columns, text and label among them", 1);
  return records.map(({ record, info }) => rowOf(path, record[text] ?? "", record[label] ?? "", info.lines));
}

function recordsOf(path: string, source: string): Record[] {
  try {
    return parse(source, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 2 * MOST_TEXT_CHARACTERS,
    }) as unknown as Record[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as { readonly lines?: number };
    throw refusal(path, `it is no CSV: ${error.message}`, lines, error);
  }
}

function rowsOfLines(path: string, source: string): Row[] {
  return source.split("\n").flatMap((line, at) => {
    if (line.trim() === "") return [];
    const { text, label } = fieldsOf(path, line, at + 1);
    if (typeof text !== "string") throw refusal(path, "it needs text, a string", at + 1);
    if (label !== undefined && label !== null && typeof label !== "string")
      throw refusal(path, "label must be a string", at + 1);
    return [rowOf(path, text, label ?? "", at + 1)];
  });
}

function fieldsOf(path: string, line: string, at: number): { readonly text?: unknown; readonly label?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value;
    throw new Error("it is no object");
  } catch (error) {
    throw refusal(path, `it is no line of JSON: ${messageOf(error)}`, at, error);
  }
}

function rowOf(path: string, text: string, label: string, line: number): Row {
  if (text.trim() === "") throw refusal(path, "its text is empty", line);
  if (text.length > MOST_TEXT_CHARACTERS) throw refusal(path, "its text is longer than a call may be", line);
  if (text.includes("\0") || !text.isWellFormed())
    throw refusal(path, "its text holds a NUL or is no well-formed Unicode", line);
  return { text, label: label.trim() === "" ? null : label.trim(), line };
}

function refusal(path: string, told: string, line?: number, cause?: unknown): CombotError {
  const where = line === undefined ? path : `${path}, line ${line}`;
  return new CombotError("USAGE", `${where}: ${told}.`, { cause });
}
