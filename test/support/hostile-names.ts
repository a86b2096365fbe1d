import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a name may be on Linux and in JSON: a title, a cleared screen, a line overwritten, a colour, letters turned round. */
export const HOSTILE = "h0st\u001B]0;owned\u0007\u001B[2J\r\u009B31m\u001B[31m\u202Egnp.\u2066\u007F";

/** The same where what a terminal would obey is gone. */
export const TAMED = /h0st\?\]0;owned\?\?\[2J\?\?31m(\?\[31m)?\?gnp\.\?\?/;

/** Everything but the ends of lines and tabs. */
const OBEYED = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;

/** What of a text a terminal would obey. */
export function obeyedIn(text: string): string[] {
  return [...text.matchAll(OBEYED)].map(([found]) => found).filter((found) => found !== "\n" && found !== "\t");
}

export function writeTexts(folder: string): string {
  const path = join(folder, `${HOSTILE}.txt`);
  writeFileSync(path, "hello\nwhere is my order\n");
  return path;
}

/** Enough to train on, and to measure with. */
export function writeRows(folder: string, labels: readonly string[]): string {
  const path = join(folder, `${HOSTILE}.csv`);
  const rows = Array.from({ length: 40 }, (_, at) => `"where is ${HOSTILE} ${at}","${labels[at % labels.length]}"`);
  writeFileSync(path, ["text,label", ...rows].join("\n"));
  return path;
}

export function writeSettings(folder: string): string {
  const path = join(folder, `${HOSTILE}.env`);
  writeFileSync(path, `WORKERS=${HOSTILE.replaceAll("\r", "")}\nREDIS_HOST=${HOSTILE.replaceAll("\r", "")}\n`);
  return path;
}

/** One document, or one a line. */
export function documentsIn(stdout: string): unknown[] {
  try {
    return [JSON.parse(stdout)];
  } catch {
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  }
}

export function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
