import { join } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { stampOf } from "./seal.ts";
import { PREPARED_MODEL, PREPARED_WEIGHTS } from "./store.ts";
import type { PreparedStore } from "./store.ts";
import type { LoadableFile, Trial } from "./trial.ts";

export interface SourceModel {
  readonly digest: string;
  readonly modelPath: string;
  /** With external data. */
  readonly bytes: number;
}

/** Below this, sharing saves less than the preparation costs. */
const SMALLEST_PREPARED_BYTES = 4 * 1024 * 1024;

/**
 * What workers load: the prepared model while it is what was checked, a new one where it is not, and the plain file
 * where none can be had.
 */
export class ModelSource {
  readonly #model: SourceModel;
  readonly #store: PreparedStore;
  readonly #onFallback: (reason: string) => void;
  #opening: Promise<LoadableFile> | undefined;
  #file: LoadableFile | undefined;
  #stamps: readonly (string | undefined)[] = [];
  #fallback: string | undefined;
  readonly #trial: Trial | undefined;

  constructor(model: SourceModel, store: PreparedStore, onFallback: (reason: string) => void) {
    this.#model = model;
    this.#store = store;
    this.#onFallback = onFallback;
  }

  /** Why workers don't share weights, if they don't. */
  get fallback(): string | undefined {
    return this.#fallback;
  }

  /** Undefined before the first worker was about to load. */
  get trial(): Trial | undefined {
    return this.#trial;
  }

  /** For a worker that is about to load; one preparation for any number of them. Never rejects. */
  async file(): Promise<LoadableFile> {
    if (this.#file && this.intact(this.#file)) return this.#file;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  /** Whether the file is still the one that was checked. Cheap: it is asked after every batch. */
  intact(file: LoadableFile): boolean {
    if (!file.prepared) return true;
    return file === this.#file && this.#paths(file).every((path, at) => stampOf(path) === this.#stamps[at]);
  }

  /** Prepared weights that no worker loads are no use, whoever's fault that is: the plain file has to do. */
  blame(file: LoadableFile, detail: string): void {
    if (!file.prepared || file !== this.#file || !this.intact(file)) return;
    this.#fallBack(`a worker could not load the prepared weights: ${detail}`);
    this.#file = undefined;
  }

  #fallBack(reason: string): void {
    this.#fallback = reason;
    this.#onFallback(reason);
  }

  #paths({ modelPath }: LoadableFile): string[] {
    return [modelPath, join(modelPath, "..", PREPARED_WEIGHTS)];
  }

  async #open(): Promise<LoadableFile> {
    this.#file = await this.#prepared();
    this.#stamps = this.#paths(this.#file).map(stampOf);
    return this.#file;
  }

  async #prepared(): Promise<LoadableFile> {
    const { digest, modelPath, bytes } = this.#model;
    const plain = { modelPath, prepared: false };
    if (bytes < SMALLEST_PREPARED_BYTES || this.#fallback !== undefined) return plain;
    try {
      const folder = await this.#store.open(digest, modelPath, bytes);
      return { modelPath: join(folder, PREPARED_MODEL), prepared: true };
    } catch (error) {
      this.#fallBack(messageOf(error));
      return plain;
    }
  }
}
