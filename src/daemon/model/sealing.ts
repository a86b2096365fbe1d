import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { CombotError, messageOf } from "../../lib/errors.ts";
import { failureBy } from "../../lib/system-errors.ts";
import { strangerOf } from "../../lib/ownership.ts";
import { copyFile, hashFile, readSmallFile, sleep } from "./file-copy.ts";
import type { OnPiece } from "./file-copy.ts";
import { invalid } from "./invalid.ts";
import { COMBOT_FILE } from "./model-files.ts";
import { readOnnxHeader } from "./onnx-header.ts";
import type { CompareFolder, FindSealed, FolderContent, FoundCopy, MadeCopy, SealFolder } from "./seal-protocol.ts";
import type { SealRecord, SealSource, SealedFile, SettingsFile, Stamps } from "./seal-protocol.ts";
import { COPYING, checkCopy, contentOf, copyFolder, readSource, writeRecord, writeSource } from "./sealed-files.ts";
import { namedBy, stampIn, surveyFolder } from "./survey.ts";
import type { Survey } from "./survey.ts";

/** A folder may be in the middle of being written; then it is read again. */
const ATTEMPTS = 5;
const PAUSE_MS = 200;

/**
 * A copy of what counts of a folder, all of it of one moment: no file changed from when it was opened until all were
 * read. Blocks, for a process of its own.
 *
 * @throws {CombotError} `MODEL_INVALID`, `NO_ROOM`
 */
export async function sealFolder({ store, ...asked }: SealFolder, onPiece: OnPiece): Promise<MadeCopy> {
  openStore(store);
  const { dir, file } = namedBy(asked.dir, asked.file);
  for (let attempt = 1; ; attempt++) {
    const survey = surveyFolder(dir, file);
    const known = findKnown(survey, store, onPiece);
    if (known) return { ...used(known), isNew: false, others: survey.others };
    const making = join(store, `${process.pid}${COPYING}`);
    try {
      const settings = readSettings(survey.dir);
      const stamps = await copyAll(survey, making, onPiece);
      const changed = changedSince(survey, stamps, file) ?? settingsSince(survey.dir, settings);
      const source = { dir: survey.dir, stamps, settings };
      if (changed === undefined)
        return { ...used(publish(making, survey.file, source, onPiece)), others: survey.others };
      if (attempt === ATTEMPTS)
        throw invalid(join(survey.dir, changed), "it is being changed; try again when it is written");
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
    sleep(PAUSE_MS);
  }
}

export function findSealed({ content, store }: FindSealed, onPiece: OnPiece): FoundCopy {
  const stranger = strangerOf(store);
  const found = stranger ?? checkCopy(copyFolder(store, content), onPiece, content);
  if (typeof found === "string") throw new CombotError("MODEL_INVALID", found);
  return used(found);
}

/** @throws {CombotError} `MODEL_INVALID` where the folder, or what counts in it, is gone or can't be read. */
export async function compareFolder({ dir, file, known }: CompareFolder, onPiece: OnPiece): Promise<FolderContent> {
  for (let attempt = 1; ; attempt++) {
    const survey = surveyFolder(dir, file);
    if (known && isAsKnown(survey, known.stamps)) return known;
    const { stamps, files } = await hashAll(survey, onPiece);
    const changed = changedSince(survey, stamps, file);
    if (changed === undefined) return { content: contentOf(survey.file, files), stamps };
    if (attempt === ATTEMPTS) throw invalid(join(survey.dir, changed), "it is being changed");
    sleep(PAUSE_MS);
  }
}

/** Those used last are kept. */
function used<T extends FoundCopy>(copy: T): T {
  const now = new Date();
  utimesSync(copy.folder, now, now);
  return copy;
}

/** Nobody else's folder may stand in the place of ours: what lies in it decides answers. */
function openStore(store: string): void {
  try {
    mkdirSync(store, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw failureBy(error, "NO_ROOM", `the model can't be copied to ${store}: ${messageOf(error)}`);
  }
  const stranger = strangerOf(store);
  if (stranger !== undefined) throw new CombotError("NO_ROOM", `no model can be kept there: ${stranger}`);
}

/** A copy made of this very folder as it is now. */
function findKnown(survey: Survey, store: string, onPiece: OnPiece): (FoundCopy & { source: SealSource }) | undefined {
  for (const name of readdirSync(store)) {
    const folder = join(store, name);
    const source = readSource(folder);
    if (source?.dir !== survey.dir || !isAsKnown(survey, source.stamps)) continue;
    if (settingsSince(survey.dir, source.settings ?? null) !== undefined) continue;
    const found = checkCopy(folder, onPiece);
    if (typeof found !== "string" && found.record.file === survey.file) return { ...found, source };
  }
  return undefined;
}

/** Weights outside the model file are known to the stamps alone. */
function isAsKnown({ dir, names, missing }: Survey, stamps: Stamps): boolean {
  const isCounted = names.every((name) => stamps[name]) && missing.every((name) => stamps[name] === null);
  return isCounted && Object.entries(stamps).every(([name, stamp]) => stampIn(dir, name) === stamp);
}

/** @returns the stamps of what was copied. */
async function copyAll({ dir, file, names, missing }: Survey, to: string, onPiece: OnPiece): Promise<Stamps> {
  const stamps: Record<string, string | null> = Object.fromEntries(missing.map((name) => [name, null]));
  for (const name of names) stamps[name] = copyFile(join(dir, name), join(to, name), onPiece);
  for (const name of await externalOf(to, file, dir)) stamps[name] = copyFile(join(dir, name), join(to, name), onPiece);
  return stamps;
}

async function hashAll(
  { dir, file, names, missing }: Survey,
  onPiece: OnPiece,
): Promise<{ readonly stamps: Stamps; readonly files: SealedFile[] }> {
  const stamps: Record<string, string | null> = Object.fromEntries(missing.map((name) => [name, null]));
  const files: SealedFile[] = [];
  for (const name of [...names, ...(await externalOf(dir, file, dir))]) {
    const { stamp, sha256, bytes } = hashFile(join(dir, name), onPiece);
    stamps[name] = stamp;
    files.push({ name, bytes, sha256 });
  }
  return { stamps, files };
}

/** Files of weights, relative to the folder. @param told the folder that a fault is told of. */
async function externalOf(folder: string, file: string, told: string): Promise<string[]> {
  try {
    const { externalData } = await readOnnxHeader(join(folder, file));
    return [...externalData.keys()].map((name) => join(dirname(file), name));
  } catch (error) {
    throw invalid(join(told, file), messageOf(error), error);
  }
}

/** The name of a file that is another one by now; the choice of the file counts as well. */
function changedSince(before: Survey, stamps: Stamps, wish: string | undefined): string | undefined {
  const now = surveyFolder(before.dir, wish);
  if (now.file !== before.file) return now.file;
  const names = [...Object.keys(stamps), ...now.names, ...now.missing];
  return names.find((name) => stampIn(before.dir, name) !== stamps[name]);
}

const MOST_SETTINGS_BYTES = 4 * 1024 * 1024;

/** Null where the folder has none. */
function readSettings(dir: string): SettingsFile | null {
  if (stampIn(dir, COMBOT_FILE) === null) return null;
  return readSmallFile(join(dir, COMBOT_FILE), MOST_SETTINGS_BYTES);
}

/** The name of that file, where it is another one by now, or has come or gone. */
function settingsSince(dir: string, settings: SettingsFile | null): string | undefined {
  return stampIn(dir, COMBOT_FILE) === (settings?.stamp ?? null) ? undefined : COMBOT_FILE;
}

/** From here on the copy is never written again. */
function publish(making: string, file: string, source: SealSource, onPiece: OnPiece): Omit<MadeCopy, "others"> {
  const [record, ownStamps] = recordOf(making, file, source.stamps, onPiece);
  const folder = copyFolder(dirname(making), record.content);
  const old = checkCopy(folder, onPiece, record.content);
  const isNew = typeof old === "string";
  if (isNew) {
    writeRecord(making, record);
    rmSync(folder, { recursive: true, force: true });
    renameSync(making, folder);
  }
  writeSource(folder, source);
  return { ...(isNew ? { folder, record, ownStamps } : old), source, isNew };
}

function recordOf(
  folder: string,
  file: string,
  stamps: Stamps,
  onPiece: OnPiece,
): [SealRecord, ownStamps: Record<string, string>] {
  const ownStamps: Record<string, string> = {};
  const files = Object.keys(stamps)
    .filter((name) => stamps[name] !== null)
    .map((name) => {
      const path = join(folder, name);
      chmodSync(path, 0o440);
      const { sha256, bytes, stamp } = hashFile(path, onPiece);
      ownStamps[name] = stamp;
      return { name, bytes, sha256 };
    });
  return [{ content: contentOf(file, files), file, files }, ownStamps];
}
