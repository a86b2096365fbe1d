import { isAbsolute } from "node:path";
import { CombotError, messageOf } from "../../lib/errors.ts";
import { MODEL_NAME, DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { RescanReply } from "../../lib/protocol/models.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { Engine } from "./engine.ts";
import { isPinnedBy } from "./model-wishes.ts";
import type { RegistryFile } from "./registry-file.ts";
import { listRepository } from "./repository-folder.ts";

export interface RepositoryOptions {
  /** COMBOT_MODELS_DIR; null where there is none. */
  readonly dir: string | null;
  readonly registry: RegistryFile;
  readonly open: (dir: string) => Promise<ServedModel>;
  readonly create: (model: ServedModel, name: string) => Engine;
  /** Told when other models are needed than before. */
  readonly onNeeded: () => Promise<void>;
  /** Told of a model that can't be served, and of what fails while nobody waits for it. */
  readonly onFailure: (name: string, reason: string) => void;
}

/** A model by name, beside the default one. */
export interface Entry {
  readonly name: string;
  readonly dir: string;
  /** Undefined while it is opened, or where it can't be. */
  engine: Engine | undefined;
  /** Why it can't be served. */
  failure: string | undefined;
  /** Settles when it is known which. */
  opened: Promise<void>;
}

/** The models that are served by their names: those that lie in COMBOT_MODELS_DIR, and those that were given by hand. */
export class Repository {
  readonly #options: RepositoryOptions;
  readonly #entries = new Map<string, Entry>();
  /** Those that were replaced or removed, until their last text is answered. */
  readonly #leaving = new Set<Engine>();
  #dirs: Record<string, string> = {};
  #pins: Record<string, boolean> = {};
  /** One model is opened at a time: each takes a processor. */
  #opening: Promise<unknown> = Promise.resolve();
  #scanning: Promise<unknown> = Promise.resolve();
  #isScanned = false;

  constructor(options: RepositoryOptions) {
    this.#options = options;
    const { dirs, pins } = options.registry.read();
    [this.#dirs, this.#pins] = [dirs, pins];
  }

  get dir(): string | null {
    return this.#options.dir;
  }

  /** In the order of their names. */
  get entries(): readonly Entry[] {
    return [...this.#entries.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Every one that may have processes, those too that are on their way out. */
  get engines(): readonly Engine[] {
    return [...[...this.#entries.values()].flatMap(({ engine }) => (engine ? [engine] : [])), ...this.#leaving];
  }

  /** How many of them can't be asked what they hold: those that failed, and all until the folder was read once. */
  get unread(): number {
    if (!this.#isScanned) return Infinity;
    return [...this.#entries.values()].filter(({ engine }) => engine === undefined).length;
  }

  /** @throws {CombotError} `MODEL_UNKNOWN` */
  entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry) return entry;
    const known = [...this.#entries.keys()].toSorted();
    const list = known.length === 0 ? "there are none beside the default one" : `there are ${known.join(", ")}`;
    throw new CombotError("MODEL_UNKNOWN", `there is no model ${JSON.stringify(name)}; ${list}`);
  }

  /**
   * The one that answers for a name, as soon as it is opened.
   *
   * @throws {CombotError} `MODEL_UNKNOWN`, or `MODEL_UNAVAILABLE` with the reason why it can't be served.
   */
  async engineOf(name: string): Promise<Engine> {
    const entry = this.entry(name);
    if (!entry.engine && entry.failure === undefined) await entry.opened;
    if (entry.engine) return entry.engine;
    const retryAfterSeconds = 60;
    throw new CombotError("MODEL_UNAVAILABLE", `${name}: ${entry.failure ?? "it is gone"}`, { retryAfterSeconds });
  }

  isPinned({ name, engine }: Pick<Entry, "name" | "engine">): boolean {
    return this.#pins[name] ?? (engine !== undefined && isPinnedBy(engine.model));
  }

  /** @throws {CombotError} `MODEL_UNKNOWN`, `NO_ROOM` */
  async pin(name: string, pinned: boolean): Promise<void> {
    if (name !== DEFAULT_MODEL) this.entry(name);
    await this.#remember(this.#dirs, { ...this.#pins, [name]: pinned });
  }

  /** Looks at the folder again: what is new is opened, what has changed is opened anew, what is gone goes. */
  rescan(): Promise<RescanReply> {
    const scan = this.#scanning.then(() => this.#scan());
    this.#scanning = scan.catch(() => undefined);
    return scan;
  }

  /**
   * Serves a folder under a name; where another one had it, texts that came before are answered by that.
   *
   * @returns whether it is another model than before. @throws {CombotError} `MODEL_INVALID`, `INVALID_REQUEST`, `NO_ROOM`
   */
  async put(name: string, dir: string): Promise<boolean> {
    if (!MODEL_NAME.test(name) || name === DEFAULT_MODEL)
      throw new CombotError("INVALID_REQUEST", `${JSON.stringify(name)} can't be the name of a model`);
    if (!isAbsolute(dir)) throw new CombotError("INVALID_REQUEST", "dir: must be an absolute path");
    const model = await this.#inTurn(() => this.#options.open(dir));
    await this.#remember({ ...this.#dirs, [name]: dir }, this.#pins);
    const isAnother = this.#take(name, dir, model);
    await this.#options.onNeeded();
    return isAnother;
  }

  /** Texts that came before are answered. @throws {CombotError} `MODEL_UNKNOWN`, `NO_ROOM` */
  async remove(name: string): Promise<void> {
    const entry = this.entry(name);
    const { [name]: gone, ...dirs } = this.#dirs;
    const { [name]: pin, ...pins } = this.#pins;
    if (gone !== undefined || pin !== undefined) await this.#remember(dirs, pins);
    await this.#drop(entry);
    await this.#options.onNeeded();
  }

  async stop(): Promise<void> {
    await Promise.all(this.engines.map((engine) => engine.pool.stop("stopping")));
  }

  async #scan(): Promise<RescanReply> {
    const { dir } = this.#options;
    const listing = dir === null ? undefined : listRepository(dir);
    if (listing?.fault !== undefined)
      throw new CombotError("CONFIG_INVALID", `COMBOT_MODELS_DIR: ${listing.fault}; what was served goes on`);
    const wanted = new Map([...(listing?.dirs ?? []), ...Object.entries(this.#dirs)]);
    const failed = [...(listing?.refused ?? [])].map(([name, reason]) => ({ name, reason }));
    for (const { name, reason } of failed) this.#options.onFailure(name, reason);
    const removed = this.entries.filter(({ name }) => !wanted.has(name));
    await Promise.all(removed.map((entry) => this.#drop(entry)));
    const fates = await Promise.all([...wanted].map(([name, from]) => this.#look(name, from)));
    this.#isScanned = true;
    await this.#options.onNeeded();
    const namesOf = (fate: Fate): string[] => fates.filter((one) => one.fate === fate).map(({ name }) => name);
    return {
      added: namesOf("added"),
      changed: namesOf("changed"),
      removed: removed.map(({ name }) => name),
      failed: [...failed, ...fates.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }]))],
      unchanged: namesOf("unchanged").length,
    };
  }

  async #look(name: string, dir: string): Promise<{ name: string; fate: Fate; reason?: string }> {
    const before = this.#entries.get(name);
    // Asked for while it is opened: whoever asks waits for that.
    const opening = this.#inTurn(() => this.#options.open(dir));
    if (!before) this.#entries.set(name, emptyEntry(name, dir, opening));
    try {
      const model = await opening;
      const isAnother = this.#take(name, dir, model);
      if (!before) return { name, fate: "added" };
      return { name, fate: isAnother ? "changed" : "unchanged" };
    } catch (error) {
      const reason = messageOf(error);
      this.#options.onFailure(name, reason);
      const entry = this.#entries.get(name);
      // What was opened before goes on being served as it was: its copy is whole.
      if (entry && !entry.engine) entry.failure = reason;
      return { name, fate: "failed", reason };
    }
  }

  /** @returns whether another model has the name now. */
  #take(name: string, dir: string, model: ServedModel): boolean {
    const before = this.#entries.get(name);
    const old = before?.engine;
    if (old && before.dir === dir && old.model.digest === model.digest && sameSettings(old.model, model)) return false;
    const entry = { ...emptyEntry(name, dir, Promise.resolve()), engine: this.#options.create(model, name) };
    this.#entries.set(name, entry);
    if (before && !old) before.engine = entry.engine;
    // Only then is what is kept of it needed by nobody.
    if (old) void this.#retire(old).then(this.#options.onNeeded);
    return true;
  }

  async #drop(entry: Entry): Promise<void> {
    this.#entries.delete(entry.name);
    if (entry.engine) await this.#retire(entry.engine);
  }

  async #retire(engine: Engine): Promise<void> {
    this.#leaving.add(engine);
    try {
      await engine.classifier.whenIdle();
      await engine.pool.stop();
    } finally {
      this.#leaving.delete(engine);
    }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#opening.then(run);
    this.#opening = turn.catch(() => undefined);
    return turn;
  }

  async #remember(dirs: Record<string, string>, pins: Record<string, boolean>): Promise<void> {
    await this.#options.registry.write({ dirs, pins });
    [this.#dirs, this.#pins] = [dirs, pins];
  }
}

type Fate = "added" | "changed" | "unchanged" | "failed";

function emptyEntry(name: string, dir: string, opening: Promise<unknown>): Entry {
  const opened = opening.then(
    () => undefined,
    () => undefined,
  );
  return { name, dir, engine: undefined, failure: undefined, opened };
}

function sameSettings(one: ServedModel, other: ServedModel): boolean {
  return JSON.stringify(one.settings) === JSON.stringify(other.settings);
}
