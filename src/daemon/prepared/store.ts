import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { strangerOf } from "../../lib/ownership.ts";
import { formatBytes } from "../../lib/units.ts";
import type { EarlyCheck } from "./early-check.ts";
import { MAKING, PREPARED_MODEL } from "./files.ts";
import { preparedKey } from "./machine-key.ts";
import { faultOfFolder, sealFolder } from "./seal.ts";
import { readTrial, writeTrial } from "./trial-file.ts";
import type { TrialOrder, TrialOutcome } from "./trial-run.ts";
import type { Trial } from "./trial.ts";

/** A model's file, by which it is known and kept. */
export interface SourceModel {
  /** 64 hex digits. */
  readonly digest: string;
  readonly modelPath: string;
  /** Files that hold weights of it. */
  readonly externalPaths: readonly string[];
  /** With external data. */
  readonly bytes: number;
  readonly sealed: PlainCopy;
}

/** What the plain file lies in. */
export interface PlainCopy {
  /** Nobody has written into it since it was read whole. Cheap. */
  readonly intact: boolean;
  /** Makes it whole again. @throws {Error} where it can't be had any more. */
  mend(): Promise<void>;
}

export interface StoreOptions {
  /** Where prepared models and the trials of all models are kept. */
  readonly dir: string;
  readonly run: (order: Pick<TrialOrder, "modelPath" | "folder" | "obstacle">) => Promise<TrialOutcome>;
  readonly onProgress: (detail: string) => void;
  /** Where one was begun. */
  readonly early?: EarlyCheck | undefined;
}

export interface Opened extends TrialOutcome {
  /** The graph of the prepared model; undefined where the plain file serves. */
  readonly modelPath: string | undefined;
}

/** Below this, sharing saves less than the preparation costs. */
export const SMALLEST_PREPARED_BYTES = 4 * 1024 * 1024;

/** Measured: 440 MB for a model of 268, 110 for one of 67. */
const DISK_FACTOR = 1.7;
const DISK_RESERVE_BYTES = 64 * 1024 * 1024;

/**
 * Folders of trials and prepared weights, one for each model and machine: published by rename, never written again, and
 * there until somebody who knows which models are served removes them.
 */
export class PreparedStore {
  readonly #options: StoreOptions;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /**
   * What the trial of the model found, and the prepared model where it serves: kept and checked whole, or made now.
   *
   * @param anew whatever is kept. @throws {WorkerFailedError} where the model can't be served from any file.
   */
  async open(model: SourceModel, anew = false): Promise<Opened> {
    const folder = join(this.#options.dir, preparedKey(model.digest));
    const fault = anew ? "the one that is kept was of no use" : (strangerOf(folder) ?? (await this.#faultOf(folder)));
    const kept = fault === undefined ? await readTrial(folder) : undefined;
    const outcome = kept ? { trial: kept, lasting: true } : await this.#make(folder, model, fault ?? "it is damaged");
    if (outcome.lasting && existsSync(folder)) {
      const now = new Date();
      utimesSync(folder, now, now);
    }
    return { ...outcome, modelPath: outcome.trial.prepared ? join(folder, PREPARED_MODEL) : undefined };
  }

  async #faultOf(folder: string): Promise<string | undefined> {
    return (await this.#options.early?.isWhole(folder)) ? undefined : faultOfFolder(folder);
  }

  async #make(folder: string, model: SourceModel, why: string): Promise<TrialOutcome> {
    const { run, onProgress } = this.#options;
    const making = `${folder}${MAKING}`;
    const isBig = model.bytes >= SMALLEST_PREPARED_BYTES;
    const obstacle = this.#clear(folder, making, isBig ? model.bytes : 0);
    const from = performance.now();
    const { modelPath, bytes } = model;
    onProgress(`trying ${modelPath} (${formatBytes(bytes)})${isBig ? " and preparing its weights" : ""}: ${why}`);
    try {
      const usable = isBig && obstacle === undefined;
      const outcome = await run({
        modelPath,
        folder: usable ? making : undefined,
        obstacle: isBig ? obstacle : undefined,
      });
      if (!model.sealed.intact) throw new Error(`${modelPath} was written to while it was tried`);
      onProgress(`tried in ${Math.round(performance.now() - from)} ms`);
      return outcome.lasting && obstacle === undefined ? await this.#publish(making, folder, outcome) : outcome;
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  }

  /** Makes an empty folder, with room for the weights. @returns why it can't be done. */
  #clear(folder: string, making: string, modelBytes: number): string | undefined {
    const { dir } = this.#options;
    try {
      mkdirSync(dir, { recursive: true, mode: 0o750 });
      // The folder that is at fault goes first: what still runs from it keeps its files, and the disk may be small.
      for (const old of [making, folder]) rmSync(old, { recursive: true, force: true });
      if (modelBytes > 0) this.#checkDisk(modelBytes);
      mkdirSync(making, { mode: 0o750 });
      return undefined;
    } catch (error) {
      return cannotPrepare(dir, error);
    }
  }

  async #publish(making: string, folder: string, { trial }: TrialOutcome): Promise<TrialOutcome> {
    try {
      if (!trial.prepared)
        for (const name of readdirSync(making)) rmSync(join(making, name), { recursive: true, force: true });
      await writeTrial(making, trial);
      await sealFolder(making);
      // Truncating a mapped file kills whoever reads it: nobody is to write here again.
      for (const name of readdirSync(making)) chmodSync(join(making, name), 0o440);
      renameSync(making, folder);
      return { trial, lasting: true };
    } catch (error) {
      const reason = cannotPrepare(this.#options.dir, error);
      if (!trial.prepared) this.#options.onProgress(`the trial is not kept: ${messageOf(error)}`);
      return { trial: trial.prepared ? withPlainFile(trial, reason) : trial, lasting: !trial.prepared };
    }
  }

  #checkDisk(modelBytes: number): void {
    const { bavail, bsize } = statfsSync(this.#options.dir);
    const needed = modelBytes * DISK_FACTOR + DISK_RESERVE_BYTES;
    if (bavail * bsize >= needed) return;
    throw new Error(`needs ${formatBytes(needed)} of disk, ${formatBytes(bavail * bsize)} are free`);
  }
}

function cannotPrepare(dir: string, error: unknown): string {
  return `the weights can't be prepared in ${dir}: ${messageOf(error)}`;
}

/** The same model, served from the file its owner gave. */
export function withPlainFile(trial: Trial, reason: string): Trial {
  return { ...trial, prepared: false, reason };
}
