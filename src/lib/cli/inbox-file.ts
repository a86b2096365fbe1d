import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "csv-parse/sync";
import { CombotError, messageOf, systemCodeOf } from "../errors.ts";
import { harmless } from "../harmless.ts";
import type { InboxLabelRequest, InboxText } from "../protocol/inbox.ts";
import { namedFileFailure } from "../system-errors.ts";

const HEAD = ["text", "label", "answered", "score", "count", "last_seen", "digest"];

/** What a table program would take for a formula. */
const FORMULA = /^[=+\-@]/;

/**
 * A table with the label left empty, to be filled in. Texts that a table program would run as a formula begin with a
 * blank, which neither training nor measuring minds. One that is there already is never written over: somebody may have
 * filled it in.
 *
 * @throws {CombotError} `USAGE`, `FILE_REFUSED`
 */
export function writeInbox(path: string, texts: readonly InboxText[]): void {
  const rows = texts.map(({ text, label, score, count, lastSeen, digest, given }) => [
    FORMULA.test(text) ? ` ${text}` : text,
    given ?? "",
    label,
    String(score),
    String(count),
    lastSeen,
    digest,
  ]);
  const csv = [HEAD, ...rows].map((cells) => `${cells.map(cellOf).join(",")}\r\n`).join("");
  try {
    writeFileSync(resolve(path), csv, { flag: "wx", mode: 0o600 });
  } catch (thrown) {
    if (systemCodeOf(thrown) === "EEXIST")
      throw new CombotError("USAGE", `--export: ${path} is there already, and may have been filled in: name another.`);
    throw namedFileFailure(`--export ${path}`, thrown);
  }
}

/** RFC 4180. */
function cellOf(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The labels of a table that was filled in. @throws {CombotError} `USAGE`, `FILE_REFUSED` */
export function readFilled(path: string): InboxLabelRequest["given"] {
  const [head, ...records] = recordsOf(path);
  const names = head?.map((name) => name.trim().toLowerCase()) ?? [];
  const [digest, label] = [names.indexOf("digest"), names.indexOf("label")];
  if (digest < 0 || label < 0)
    throw new CombotError("USAGE", `${path}: it is no table of --export: the columns label and digest are needed.`);
  const filled = records.flatMap((record) => {
    const [name, given] = [record[digest]?.trim() ?? "", record[label]?.trim() ?? ""];
    return given === "" ? [] : [{ digest: name, label: given }];
  });
  const wrong = filled.find((one) => !/^[0-9a-f]{64}$/.test(one.digest));
  if (wrong) throw new CombotError("USAGE", `${path}: ${harmless(wrong.digest)} is no digest of --export.`);
  if (filled.length === 0) throw new CombotError("USAGE", `${path}: no label is filled in.`);
  return filled;
}

function recordsOf(path: string): string[][] {
  let source: string;
  try {
    source = readFileSync(resolve(path), "utf8");
  } catch (thrown) {
    throw namedFileFailure(path, thrown);
  }
  try {
    return parse(source, { bom: true, relax_column_count: true, skip_empty_lines: true });
  } catch (error) {
    throw new CombotError("USAGE", `${path}: it is no CSV: ${messageOf(error)}`, { cause: error });
  }
}
