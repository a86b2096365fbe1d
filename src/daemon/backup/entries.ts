import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { damaged } from "./sums.ts";

/** An entry of the shared cache. */
export interface SavedEntry {
  readonly key: string;
  readonly value: Buffer;
  readonly ttlMs: number;
}

const OURS = "combot:";

/** Lines of JSON, an entry each; the value in base64. */
export function entriesText(entries: readonly SavedEntry[]): string {
  const lines = entries.map(({ key, value, ttlMs }) => JSON.stringify([key, ttlMs, value.toString("base64")]));
  return lines.map((line) => `${line}\n`).join("");
}

/** @throws {CombotError} `BACKUP_DAMAGED` where a line is no entry of combot's. */
export async function* readEntries(path: string): AsyncGenerator<SavedEntry, void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for await (const line of file.readLines()) yield entryOf(line);
  } finally {
    await file.close();
  }
}

function entryOf(line: string): SavedEntry {
  const [key, ttlMs, value] = parsed(line);
  const isEntry = typeof key === "string" && key.startsWith(OURS) && typeof value === "string";
  if (!isEntry || typeof ttlMs !== "number" || !Number.isSafeInteger(ttlMs) || ttlMs < 1)
    throw damaged("it has an entry of the cache that combot does not write");
  return { key, ttlMs, value: Buffer.from(value, "base64") };
}

function parsed(line: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
