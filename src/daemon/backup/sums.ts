import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { CombotError } from "../../lib/errors.ts";
import { BACKUP_FILES } from "./files.ts";

const KNOWN: readonly string[] = Object.values(BACKUP_FILES);
const LINE = /^([0-9a-f]{64}) {2}([A-Za-z0-9.]+)$/;

/** Writes the sums of every file in the folder, and has them on the disk. @returns bytes of all files. */
export async function writeSums(folder: string): Promise<number> {
  const names = (await readdir(folder)).toSorted();
  let text = "";
  let bytes = 0;
  for (const name of names) {
    text += `${await sha256Of(join(folder, name))}  ${name}\n`;
    bytes += (await lstat(join(folder, name))).size;
    await sync(join(folder, name));
  }
  const file = await open(join(folder, BACKUP_FILES.sums), "wx", 0o600);
  await closing(file, async () => {
    await file.writeFile(text);
    await file.sync();
  });
  return bytes + text.length;
}

/**
 * Nothing but plain files of a backup, each with its sum.
 *
 * @returns their names.
 * @throws {CombotError} `BACKUP_DAMAGED`, with what is wrong.
 */
export async function checkSums(
  folder: string,
  onChecked: (done: number, total: number) => void,
): Promise<ReadonlySet<string>> {
  const names = await plainFilesIn(folder);
  const sums = readSums(await readSmall(join(folder, BACKUP_FILES.sums)));
  const missing = [...sums.keys()].find((name) => !names.includes(name));
  if (missing !== undefined) throw damaged(`${missing} is missing`);
  const unsummed = names.find((name) => name !== BACKUP_FILES.sums && !sums.has(name));
  if (unsummed !== undefined) throw damaged(`${unsummed} has no sum`);
  if (!sums.has(BACKUP_FILES.facts)) throw damaged(`${BACKUP_FILES.facts} is missing`);
  let done = 0;
  for (const [name, sum] of sums) {
    if ((await sha256Of(join(folder, name))) !== sum) throw damaged(`${name} is not what was written`);
    onChecked(++done, sums.size);
  }
  return new Set(sums.keys());
}

/** @throws {CombotError} `BACKUP_DAMAGED` */
async function plainFilesIn(folder: string): Promise<string[]> {
  if (!(await lstat(folder)).isDirectory()) throw damaged("it is no folder");
  const names = await readdir(folder);
  for (const name of names) {
    // Whoever wrote that name chose it: it is not repeated.
    if (!KNOWN.includes(name)) throw damaged("it has a file that is not of a backup");
    const found = await lstat(join(folder, name));
    if (!found.isFile() || found.nlink !== 1) throw damaged(`${name} is a link, or no plain file`);
  }
  if (!names.includes(BACKUP_FILES.sums)) throw damaged(`${BACKUP_FILES.sums} is missing`);
  return names;
}

function readSums(text: string): ReadonlyMap<string, string> {
  if (!text.endsWith("\n")) throw damaged(`${BACKUP_FILES.sums} is cut short`);
  const sums = new Map<string, string>();
  for (const line of text.slice(0, -1).split("\n")) {
    const [, sum, name] = LINE.exec(line) ?? [];
    if (sum === undefined || name === undefined || sums.has(name) || name === BACKUP_FILES.sums)
      throw damaged(`${BACKUP_FILES.sums} is not what was written`);
    sums.set(name, sum);
  }
  return sums;
}

const SMALL_BYTES = 64 * 1024;

async function readSmall(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  return closing(file, async () => {
    if ((await file.stat()).size > SMALL_BYTES) throw damaged(`${BACKUP_FILES.sums} is not what was written`);
    return file.readFile("utf8");
  });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  await closing(file, () => pipeline(file.createReadStream({ autoClose: false }), hash));
  return hash.digest("hex");
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  await closing(file, () => file.sync());
}

async function closing<T>(file: FileHandle, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await file.close();
  }
}

export function damaged(what: string): CombotError {
  return new CombotError("BACKUP_DAMAGED", `The backup is not used: ${what}.`);
}
