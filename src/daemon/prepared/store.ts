import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, statfsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { formatBytes } from "../../lib/units.ts";
import { preparedKey } from "./machine-key.ts";
import { faultOfFolder, sealFolder } from "./seal.ts";

/** Writes the optimised graph and its packed weights into a folder that is there; in a process of its own. */
export type Prepare = (modelPath: string, folder: string) => Promise<void>;

export interface StoreOptions {
  /** Where prepared models are kept. */
  readonly dir: string;
  readonly prepare: Prepare;
  readonly onProgress: (detail: string) => void;
}

/** The optimised graph; its weights lie beside it, and it names them. */
export const PREPARED_MODEL = "model.onnx";
export const PREPARED_WEIGHTS = "weights.bin";

/** The current model's and the previous one's, so that going back costs nothing. */
const KEPT = 2;
/** Measured: 440 MB for a model of 268, 110 for one of 67. */
const DISK_FACTOR = 1.7;
const DISK_RESERVE_BYTES = 64 * 1024 * 1024;

/** Why there is no prepared model, in words for an operator. */
export class CannotPrepareError extends Error {}

/** Folders of prepared weights, one for each model and machine: published by rename, never written again. */
export class PreparedStore {
  readonly #options: StoreOptions;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /**
   * The folder with the prepared model, checked whole, or made now.
   *
   * @param digest of the model, 64 hex digits.
   * @throws {CannotPrepareError} where it can't be made; the plain file then has to do.
   */
  async open(digest: string, modelPath: string, modelBytes: number): Promise<string> {
    const folder = join(this.#options.dir, preparedKey(digest));
    const fault = await faultOfFolder(folder);
    if (fault !== undefined) await this.#build(folder, modelPath, modelBytes, fault);
    const now = new Date();
    utimesSync(folder, now, now);
    this.#prune(folder);
    return folder;
  }

  async #build(folder: string, modelPath: string, modelBytes: number, why: string): Promise<void> {
    const { dir, prepare, onProgress } = this.#options;
    const making = `${folder}.making`;
    try {
      mkdirSync(dir, { recursive: true, mode: 0o750 });
      // The folder that is at fault goes first: what still runs from it keeps its files, and the disk may be small.
      for (const old of [making, folder]) rmSync(old, { recursive: true, force: true });
      this.#checkDisk(modelBytes);
      mkdirSync(making, { mode: 0o750 });
      onProgress(`preparing the weights of ${modelPath} (${formatBytes(modelBytes)}): ${why}`);
      const from = performance.now();
      await prepare(modelPath, making);
      await sealFolder(making);
      // Truncating a mapped file kills whoever reads it: nobody is to write here again.
      for (const name of readdirSync(making)) chmodSync(join(making, name), 0o440);
      renameSync(making, folder);
      onProgress(`prepared in ${Math.round(performance.now() - from)} ms`);
    } catch (error) {
      rmSync(making, { recursive: true, force: true });
      throw new CannotPrepareError(`the weights can't be prepared in ${dir}: ${messageOf(error)}`, { cause: error });
    }
  }

  #checkDisk(modelBytes: number): void {
    const { bavail, bsize } = statfsSync(this.#options.dir);
    const needed = modelBytes * DISK_FACTOR + DISK_RESERVE_BYTES;
    if (bavail * bsize >= needed) return;
    throw new Error(`needs ${formatBytes(needed)} of disk, ${formatBytes(bavail * bsize)} are free`);
  }

  /** Removes all but the ones used last, and what a killed preparation left behind. */
  #prune(current: string): void {
    const { dir } = this.#options;
    const folders = readdirSync(dir).map((name) => join(dir, name));
    const byUse = folders
      .filter((path) => path !== current && !path.endsWith(".making"))
      .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
    const unused = [...byUse.slice(KEPT - 1), ...folders.filter((path) => path.endsWith(".making"))];
    for (const path of unused) rmSync(path, { recursive: true, force: true });
  }
}
