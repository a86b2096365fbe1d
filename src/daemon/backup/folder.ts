import { lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CombotError, systemCodeOf } from "../../lib/errors.ts";
import { BACKUP_NAME } from "./files.ts";
import { writeSums } from "./sums.ts";

const PART = ".part-";

/** The folder of all backups, each one a folder in it: its owner's alone. */
export class BackupFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Whole ones, oldest first: what is being made has another name. */
  async list(): Promise<{ name: string; bytes: number }[]> {
    const names = (await this.#entries()).filter((name) => BACKUP_NAME.test(name)).toSorted();
    return Promise.all(names.map(async (name) => ({ name, bytes: await bytesOf(join(this.path, name)) })));
  }

  /** @throws {CombotError} `BACKUP_UNKNOWN` */
  async find(name: string): Promise<string> {
    if (BACKUP_NAME.test(name) && (await this.#entries()).includes(name)) return join(this.path, name);
    throw new CombotError("BACKUP_UNKNOWN", `There is no backup ${name} in ${this.path}.`);
  }

  /** A folder to fill, beside the others; what earlier ones left behind is removed. */
  async begin(name: string): Promise<string> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const entries = await this.#entries();
    for (const left of entries.filter((entry) => entry.startsWith(PART)))
      await rm(join(this.path, left), { recursive: true });
    if (entries.includes(name)) throw new CombotError("BACKUP_RUNNING", "A backup was made within this second.");
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

  /** @returns the names of those that went, the oldest ones. */
  async retain(count: number): Promise<string[]> {
    const names = (await this.list()).map(({ name }) => name).slice(0, -count);
    for (const name of names) await rm(join(this.path, name), { recursive: true });
    return names;
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

async function bytesOf(folder: string): Promise<number> {
  const found = await lstat(folder);
  if (!found.isDirectory()) return 0;
  const files = await Promise.all((await readdir(folder)).map((name) => lstat(join(folder, name))));
  return files.reduce((sum, { size }) => sum + size, 0);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
