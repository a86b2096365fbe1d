import { readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { CombotError, systemCodeOf } from "../../lib/errors.ts";
import { stampOfPath } from "../../lib/file-stamp.ts";
import type { FoundCopy, SealSource } from "./seal-protocol.ts";
import { COPYING, copyFolder } from "./sealed-files.ts";
import { askSealer } from "./sealer.ts";

/** Where the copies of models are kept. */
export function sealedStore(stateDir: string): string {
  return join(stateDir, "models");
}

/** The files that a model is served from: copied from its owner's folder, and nobody's to write. */
export class SealedCopy {
  /** Of the copy. */
  readonly folder: string;
  /** Names what it holds, whatever we make of it: 64 hex digits. */
  readonly content: string;
  /** The model file, relative to the folder. */
  readonly file: string;
  /** Whether its owner's folder could be copied just now; else it is from before. */
  readonly source: SealSource | null;
  /** Of its files, relative to the folder. */
  readonly names: readonly string[];
  readonly #store: string;
  #stamps: FoundCopy["ownStamps"];

  constructor({ folder, record, ownStamps, source }: FoundCopy, store: string) {
    this.folder = folder;
    this.content = record.content;
    this.file = record.file;
    this.source = source;
    this.#store = store;
    this.names = record.files.map(({ name }) => name);
    this.#stamps = ownStamps;
  }

  /** Whether nobody has written into it since it was read whole. Cheap: to be asked after every batch. */
  get intact(): boolean {
    return this.names.every((name) => stampOfPath(join(this.folder, name)) === this.#stamps[name]);
  }

  /**
   * Makes a copy that is not intact whole again, from the owner's folder.
   *
   * @throws {CombotError} `MODEL_INVALID` where that has changed or is gone; `NO_ROOM`
   */
  async mend(): Promise<void> {
    const dir = this.source?.dir ?? "";
    const { folder, record, ownStamps } = await askSealer({ do: "seal", dir, file: this.file, store: this.#store });
    if (record.content !== this.content)
      throw new CombotError(
        "MODEL_INVALID",
        `${this.folder} was written to, and ${dir} has changed since it was copied`,
      );
    this.#stamps = ownStamps;
    if (folder !== this.folder) throw new Error(`${folder} is not ${this.folder}`);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** The ones used last, beside those in use: going back costs no copy. */
const KEPT = 2;

/**
 * Removes copies that nobody needs, and what a copy that was cut off left behind.
 *
 * @param inUse contents of the copies that serve, or that a restart would serve. @param spare how many beside them stay.
 */
export async function pruneCopies(stateDir: string, inUse: readonly string[], spare = KEPT): Promise<void> {
  const store = sealedStore(stateDir);
  const kept = new Set(inUse.map((content) => copyFolder(store, content)));
  const others = (await readdir(store)).map((name) => join(store, name)).filter((path) => !kept.has(path));
  const dated = await Promise.all(others.map(async (path) => ({ path, atMs: (await stat(path)).mtimeMs })));
  const byUse = dated.filter(({ path }) => !isCopying(path)).toSorted((a, b) => b.atMs - a.atMs);
  const cutOff = dated.filter(({ path }) => isCopying(path) && !isRunning(parseInt(basename(path), 10)));
  const unneeded = [...byUse.slice(spare), ...cutOff];
  for (const { path } of unneeded) await rm(path, { recursive: true, force: true });
}

function isCopying(path: string): boolean {
  return path.endsWith(COPYING);
}

/** Another's process counts as well: its number may have been given anew, and the folder goes next time. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) !== "ESRCH";
  }
}
