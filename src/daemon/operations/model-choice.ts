import { readFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const schema = z.object({ dir: z.string() });

/** The model that was chosen while the daemon ran, kept in the state folder so that the choice outlives a restart. */
export class ModelChoice {
  readonly #path: string;

  constructor(stateDir: string) {
    this.#path = join(stateDir, "model.json");
  }

  /** The folder that was chosen; undefined where none was, or where the file is damaged. */
  read(): string | undefined {
    try {
      return schema.parse(JSON.parse(readFileSync(this.#path, "utf8"))).dir;
    } catch {
      return undefined;
    }
  }

  /** @param dir undefined: back to what the settings name. */
  write(dir: string | undefined): void {
    if (dir === undefined) return rmSync(this.#path, { force: true });
    mkdirSync(join(this.#path, ".."), { recursive: true, mode: 0o750 });
    const beside = `${this.#path}.new`;
    writeFileSync(beside, JSON.stringify({ dir }));
    renameSync(beside, this.#path);
  }
}
