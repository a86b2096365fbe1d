import { basename } from "node:path";
import { CombotError } from "../../lib/errors.ts";
import { readModelFolder } from "./folder.ts";
import { SealedCopy, sealedStore } from "./sealed-copy.ts";
import { askSealer } from "./sealer.ts";
import { serveFolder } from "./served-model.ts";
import type { ServedModel } from "./served-model.ts";

export interface OpenOptions {
  /** The model file, by its path within the folder or its name alone; the fastest one where left out. */
  readonly file?: string | undefined;
  /** How long the file system may take over a piece of a file. */
  readonly silenceMs?: number;
}

/**
 * Opens a model: copies what counts of its folder, and reads all from the copy, so that labels, tokenizer and weights
 * are of one moment, and stay so whatever becomes of the folder.
 *
 * @param stateDir where copies are kept.
 * @throws {CombotError} `MODEL_INVALID` naming the file at fault and what is wrong with it; `NO_ROOM`
 */
export async function openModel(
  dir: string,
  stateDir: string,
  { file, silenceMs }: OpenOptions = {},
): Promise<ServedModel> {
  const store = sealedStore(stateDir);
  const made = await askSealer({ do: "seal", dir, file, store }, silenceMs);
  const copy = new SealedCopy(made, store);
  try {
    const model = await readCopy(copy, made.source.dir);
    const choice = file === undefined ? remarkOnChoice(made.record.file, made.others) : [];
    return { ...model, remarks: [...choice, ...model.remarks] };
  } catch (error) {
    if (made.isNew) await copy.remove();
    throw error;
  }
}

/**
 * Opens a copy that was made before, whatever has become of the folder since.
 *
 * @param dir the folder that it is a copy of. @param content see SealedCopy.
 * @throws {CombotError} `MODEL_INVALID` where there is none, or not all of it.
 */
export async function openSealed(dir: string, content: string, stateDir: string): Promise<ServedModel> {
  const store = sealedStore(stateDir);
  const found = await askSealer({ do: "find", content, store });
  return readCopy(new SealedCopy(found, store), dir);
}

/** Faults are told of the folder, which its owner knows. */
async function readCopy(copy: SealedCopy, dir: string): Promise<ServedModel> {
  try {
    const folder = await readModelFolder(copy.folder, copy.file);
    return await serveFolder({ ...folder, dir, name: basename(dir) }, copy);
  } catch (error) {
    if (!(error instanceof CombotError)) throw error;
    throw new CombotError(error.code, error.message.replaceAll(copy.folder, dir), { cause: error });
  }
}

function remarkOnChoice(file: string, others: readonly string[]): string[] {
  if (others.length === 0) return [];
  return [
    `Of several model files ${file} serves, the fastest on this CPU; --file takes another: ${others.join(", ")}.`,
  ];
}
