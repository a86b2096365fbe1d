import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { backupFacts } from "../../lib/protocol/backup.ts";
import type { BackupFacts } from "../../lib/protocol/backup.ts";
import { BACKUP_FILES } from "./files.ts";
import { damaged } from "./sums.ts";

const MOST_BYTES = 64 * 1024;

/** What a backup says of itself. @throws {CombotError} `BACKUP_DAMAGED` where that is not what this release writes. */
export async function readFacts(folder: string, name: string): Promise<BackupFacts> {
  const parsed = backupFacts.safeParse(parseJson(await readText(join(folder, BACKUP_FILES.facts))), { jitless: true });
  if (!parsed.success) throw damaged(`${BACKUP_FILES.facts} is not what this release writes`);
  if (parsed.data.name !== name) throw damaged("it is another backup under this name");
  return parsed.data;
}

async function readText(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    if ((await file.stat()).size > MOST_BYTES) throw damaged(`${BACKUP_FILES.facts} is not what this release writes`);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
