import { CombotError } from "../../lib/errors.ts";
import { isAbsence } from "../../lib/system-errors.ts";
import { SealedCopy, pruneCopies, sealedStore } from "./sealed-copy.ts";
import type { MadeCopy, SealFolder } from "./seal-protocol.ts";
import { askSealer } from "./sealer.ts";
import type { ServedModel } from "./served-model.ts";

export interface OpenOptions {
  /** The model file, by its path within the folder or its name alone; the fastest one where left out. */
  readonly file?: string | undefined;
  /** How long the file system may take over a piece of a file. */
  readonly silenceMs?: number;
  /** Contents of the copies that must stay where there is no room for one more. */
  readonly needed?: readonly string[];
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
  { file, silenceMs, needed }: OpenOptions = {},
): Promise<ServedModel> {
  const store = sealedStore(stateDir);
  const request: SealFolder = { do: "seal", dir, file, store };
  const asked = askSealer(request, silenceMs).catch((error: unknown) => {
    if (!needed || !(error instanceof CombotError) || error.code !== "NO_ROOM") throw error;
    return sealWithRoom(request, { stateDir, needed, silenceMs });
  });
  const [made, { readCopy }] = await Promise.all([asked, loadReader()]);
  const copy = new SealedCopy(made, store);
  try {
    const model = await readCopy(copy, made.source.dir);
    return { ...model, remarks: [...remarkOnChoice(made.record.file, made.others), ...model.remarks] };
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
  const [found, { readCopy }] = await Promise.all([askSealer({ do: "find", content, store }), loadReader()]);
  return readCopy(new SealedCopy(found, store), dir);
}

/** At a start it is not there yet: it is loaded while the process reads. */
function loadReader(): Promise<typeof import("./copy-reader.ts")> {
  return import("./copy-reader.ts");
}

/** Copies that are only kept for a way back are given up for one that is wanted now. */
async function sealWithRoom(
  request: SealFolder,
  { stateDir, needed, silenceMs }: { stateDir: string; needed: readonly string[]; silenceMs: number | undefined },
): Promise<MadeCopy> {
  // Where there is no folder of copies nothing can be removed: why it can't be made is what the next try says.
  await pruneCopies(stateDir, needed, 0).catch((error: unknown) => {
    if (!isAbsence(error)) throw error;
  });
  return askSealer(request, silenceMs);
}

function remarkOnChoice(file: string, others: readonly string[]): string[] {
  if (others.length === 0) return [];
  return [
    `Of several model files ${file} serves, the fastest on this CPU; --file takes another: ${others.join(", ")}.`,
  ];
}
