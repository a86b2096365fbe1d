import { readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { CombotError, messageOf, systemCodeOf } from "../../lib/errors.ts";
import { failureBy, isAbsence } from "../../lib/system-errors.ts";
import { stampOf } from "../../lib/file-stamp.ts";
import { readCpu } from "./cpu.ts";
import {
  CONFIG_FILE,
  MODEL_FOLDERS,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
  TOKENIZER_SOURCES,
  bySpeed,
  isModelName,
} from "./model-files.ts";

/** What counts of a model's folder, by names relative to it; weights outside the model file are not known yet. */
export interface Survey {
  /** Without links. */
  readonly dir: string;
  readonly file: string;
  /** Model files that could have been taken instead, the fastest first; none where one was wished for. */
  readonly others: readonly string[];
  /** The model file and those beside it that are there. */
  readonly names: readonly string[];
  /** Files that would count if they were there. */
  readonly missing: readonly string[];
}

/**
 * Blocks for as long as the file system does: for a process that may be killed.
 *
 * @param wish the model file to take, by its path within the folder or its name alone.
 * @throws {CombotError} `MODEL_INVALID`
 */
export function surveyFolder(given: string, wish?: string): Survey {
  const dir = realPathOf(given);
  const known = MODEL_FOLDERS.flatMap((folder) => namesIn(dir, folder).filter((name) => isModelName(nameOnly(name))));
  const files = bySpeed(known, readCpu());
  const file = wish === undefined ? files[0] : findWished(dir, wish);
  if (file === undefined) throw new CombotError("MODEL_INVALID", missingModel(dir, wish));
  const beside = [CONFIG_FILE, TOKENIZER_FILE, TOKENIZER_CONFIG_FILE];
  const counting = isThere(dir, TOKENIZER_FILE) ? beside : [...beside, ...TOKENIZER_SOURCES];
  return {
    dir,
    file,
    others: wish === undefined ? files.filter((name) => name !== file) : [],
    names: [file, ...counting.filter((name) => isThere(dir, name))],
    missing: counting.filter((name) => !isThere(dir, name)),
  };
}

/** Which folder is meant, and which file of it: a model may be named by the path of its file. */
export interface Named {
  readonly dir: string;
  readonly file?: string | undefined;
}

/**
 * @param given a folder, or a file of one. @param wish see surveyFolder.
 * @throws {CombotError} `MODEL_INVALID` where a file is named both ways.
 */
export function namedBy(given: string, wish?: string): Named {
  if (!statSync(given, { throwIfNoEntry: false })?.isFile()) return { dir: given, file: wish };
  if (wish !== undefined)
    throw new CombotError(
      "MODEL_INVALID",
      `${given} is a file, and ${wish} is to be taken of a folder: name one of them`,
    );
  const [dir, name] = [dirname(given), basename(given)];
  const isBeside = MODEL_FOLDERS.includes(`${basename(dir)}/`) && !isThere(dir, CONFIG_FILE);
  return isBeside ? { dir: dirname(dir), file: `${basename(dir)}/${name}` } : { dir, file: name };
}

/** @returns null where it isn't there. */
export function stampIn(dir: string, name: string): string | null {
  const found = statSync(join(dir, name), { bigint: true, throwIfNoEntry: false });
  return found ? stampOf(found) : null;
}

function realPathOf(given: string): string {
  try {
    const dir = realpathSync(given);
    if (!statSync(dir).isDirectory()) throw new Error("it is no folder");
    return dir;
  } catch (error) {
    const isGone = systemCodeOf(error) === "ENOENT";
    const told = isGone ? "there is no such folder" : `it can't be read: ${messageOf(error)}`;
    throw failureBy(error, "MODEL_INVALID", `${given}: ${told}`);
  }
}

function namesIn(dir: string, folder: string): string[] {
  try {
    const names = readdirSync(join(dir, folder)).map((name) => folder + name);
    return names.filter((name) => isRegular(dir, name));
  } catch (error) {
    if (isAbsence(error)) return [];
    throw failureBy(error, "MODEL_INVALID", `${join(dir, folder)}: it can't be read: ${messageOf(error)}`);
  }
}

function findWished(dir: string, wish: string): string | undefined {
  if (isAbsolute(wish) || wish.split("/").includes(".."))
    throw new CombotError("MODEL_INVALID", `${dir}: the model file ${wish} is not named within the folder`);
  return MODEL_FOLDERS.map((folder) => folder + wish).find((name) => isRegular(dir, name));
}

function missingModel(dir: string, wish: string | undefined): string {
  const there = MODEL_FOLDERS.flatMap((folder) => namesIn(dir, folder)).filter((name) => name.endsWith(".onnx"));
  const found = there.length > 0 ? `; there are ${there.join(", ")}: --file takes one of them` : "";
  if (wish !== undefined) return `${dir}: there is no model file ${wish}${found}`;
  return `${dir}: neither model.onnx nor onnx/model.onnx is there, nor another form of it${found}`;
}

function nameOnly(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function isRegular(dir: string, name: string): boolean {
  return statSync(join(dir, name), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Whatever it is: what is no file is refused when it is opened, and not passed over. */
function isThere(dir: string, name: string): boolean {
  return statSync(join(dir, name), { throwIfNoEntry: false }) !== undefined;
}
