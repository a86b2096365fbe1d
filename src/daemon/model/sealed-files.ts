import { createHash } from "node:crypto";
import { lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { strangerOf } from "../../lib/ownership.ts";
import { replaceFileNow } from "../../lib/replace-file.ts";
import { hashFile } from "./file-copy.ts";
import type { OnPiece } from "./file-copy.ts";
import type { FoundCopy, SealRecord, SealSource, SealedFile } from "./seal-protocol.ts";

/** Beside the copied files, none of which is called so in any model's folder. */
const RECORD = ".sealed.json";
const SOURCE = ".source.json";

/** What a copy that is not yet whole is called, behind the number of the process that makes it. */
export const COPYING = ".copying";

/** @param files sorted or not. @returns 64 hex digits. */
export function contentOf(file: string, files: readonly SealedFile[]): string {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const hash = createHash("sha256").update(`${JSON.stringify(file)}\n`);
  for (const { name, sha256 } of sorted) hash.update(`${JSON.stringify(name)} ${sha256}\n`);
  return hash.digest("hex");
}

/** The folder of a copy, by what it holds. */
export function copyFolder(store: string, content: string): string {
  return join(store, content.slice(0, 24));
}

export function writeRecord(folder: string, record: SealRecord): void {
  writeFileSync(join(folder, RECORD), JSON.stringify(record), { mode: 0o440 });
}

/** Where it comes from may change; what it holds may not. */
export function writeSource(folder: string, source: SealSource): void {
  replaceFileNow(join(folder, SOURCE), JSON.stringify(source));
}

/**
 * Reads a copy to the last byte.
 *
 * @param content what it must hold, where that is known.
 * @returns why it isn't as it was sealed, if it isn't.
 */
export function checkCopy(folder: string, onPiece: OnPiece, content?: string): FoundCopy | string {
  const stranger = strangerOf(folder) ?? strangerOf(join(folder, RECORD));
  if (stranger !== undefined) return stranger;
  const record = readJson(join(folder, RECORD)) as SealRecord | undefined;
  if (!isRecord(record)) return `${folder} is no copy of a model, or a damaged one`;
  if (content !== undefined && record.content !== content) return `${folder} holds another model`;
  const ownStamps: Record<string, string> = {};
  for (const { name, sha256 } of record.files) {
    const path = join(folder, name);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return `${path} is missing`;
    const fault = strangerOf(path);
    if (fault !== undefined) return fault;
    const read = hashFile(path, onPiece);
    if (read.sha256 !== sha256) return `${path} is not as it was copied`;
    ownStamps[name] = read.stamp;
  }
  return { folder, record, ownStamps, source: readSource(folder) ?? null };
}

/** What a copy says of itself, unchecked. */
export function readSource(folder: string): SealSource | undefined {
  const path = join(folder, SOURCE);
  return strangerOf(path) === undefined ? (readJson(path) as SealSource | undefined) : undefined;
}

function isRecord(record: SealRecord | undefined): record is SealRecord {
  if (!record || typeof record.file !== "string" || !Array.isArray(record.files)) return false;
  const named = record.files.every(({ name }) => typeof name === "string" && !name.split("/").includes(".."));
  return named && record.content === contentOf(record.file, record.files);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
