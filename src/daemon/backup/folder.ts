import { lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CombotError, systemCodeOf } from "../../lib/errors.ts";
import { readFacts } from "./facts.ts";
import { BACKUP_NAME } from "./files.ts";
import { writeSums } from "./sums.ts";

const PART = ".part-";
/** One that is being removed: half of it must not be taken for a backup. */
const GONE = ".gone-";

export interface Retained {
  /** The oldest ones, which went. */
  readonly removed: readonly string[];
  /** Named later than the one that was just made, or not combot's: neither counted nor removed. */
  readonly unjudged: readonly string[];
}

/** The folder of all backups, each one a folder in it: its owner's alone. */
export class BackupFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Whole ones, oldest first: what is being made has another name. */
  async list(): Promise<{ name: string; bytes: number }[]> {
    const names = (await this.#entries()).filter((name) => BACKUP_NAME.test(name)).toSorted();
    const sizes = await Promise.all(names.map((name) => bytesOf(join(this.path, name))));
    // One that was removed meanwhile has none.
    return names.flatMap((name, at) => (sizes[at] === undefined ? [] : [{ name, bytes: sizes[at] }]));
  }

  /** @throws {CombotError} `BACKUP_UNKNOWN` */
  async find(name: string): Promise<string> {
    if (BACKUP_NAME.test(name) && (await this.#entries()).includes(name)) return join(this.path, name);
    throw new CombotError("BACKUP_UNKNOWN", `There is no backup ${name} in ${this.path}.`);
  }

  /** Removes what a backup, or the removal of one, left half done when its daemon was killed. */
  async sweep(): Promise<void> {
    for (const left of await this.#entries()) {
      if (left.startsWith(PART) || left.startsWith(GONE)) await rm(join(this.path, left), { recursive: true });
    }
  }

  /** A folder to fill, beside the others; what earlier ones left behind is removed. */
  async begin(name: string): Promise<string> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await this.sweep();
    if ((await this.#entries()).includes(name))
      throw new CombotError("BACKUP_RUNNING", "A backup was made within this second.");
    const part = join(this.path, PART + name);
    await mkdir(part, { mode: 0o700 });
    return part;
  }

  /** Seals what was begun and gives it its name. */
  async finish(part: string, name: string): Promise<{ folder: string; bytes: number }> {
    const bytes = await writeSums(part);
    const folder = join(this.path, name);
    await syncFolder(part);
    await rename(part, folder);
    await syncFolder(this.path);
    return { folder, bytes };
  }

  async discard(part: string): Promise<void> {
    await rm(part, { recursive: true, force: true });
  }

  /**
   * Keeps so many of those that are not newer than `made`, which is one of them. A name tells an age only as well as
   * the clock did: what seems to come from the future would otherwise count as the newest, for ever.
   */
  async retain(made: string, count: number): Promise<Retained> {
    const others = (await this.list()).map(({ name }) => name).filter((name) => name !== made);
    const isOlder = await Promise.all(others.map(async (name) => name < made && (await this.#isOurs(name))));
    const older = others.filter((_, at) => isOlder[at]);
    const removed = older.slice(0, Math.max(0, older.length - (count - 1)));
    for (const name of removed) await this.#remove(name);
    return { removed, unjudged: others.filter((_, at) => !isOlder[at]) };
  }

  async #isOurs(name: string): Promise<boolean> {
    return readFacts(join(this.path, name), name).then(
      () => true,
      () => false,
    );
  }

  async #remove(name: string): Promise<void> {
    const gone = join(this.path, GONE + name);
    await rename(join(this.path, name), gone);
    await rm(gone, { recursive: true });
  }

  async #entries(): Promise<string[]> {
    try {
      return await readdir(this.path);
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") return [];
      throw error;
    }
  }
}

/** Undefined where it is not there any more. */
async function bytesOf(folder: string): Promise<number | undefined> {
  try {
    const found = await lstat(folder);
    if (!found.isDirectory()) return 0;
    const files = await Promise.all((await readdir(folder)).map((name) => lstat(join(folder, name))));
    return files.reduce((sum, { size }) => sum + size, 0);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
