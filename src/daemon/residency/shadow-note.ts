import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CombotError, messageOf } from "../../lib/errors.ts";
import { lostShadow } from "../../lib/protocol/shadow.ts";
import type { LostShadow } from "../../lib/protocol/shadow.ts";

/** That a shadow runs, kept in the state folder: a daemon that was started anew can tell that one has ended with the last. */
export class ShadowNote {
  readonly #path: string;

  constructor(stateDir: string) {
    this.#path = join(stateDir, "shadow.json");
  }

  /** One that can't be read says nothing: nothing is served by it. */
  read(): LostShadow | null {
    try {
      return lostShadow.parse(JSON.parse(readFileSync(this.#path, "utf8")));
    } catch {
      return null;
    }
  }

  /** @throws {CombotError} `NO_ROOM` */
  async write(note: LostShadow): Promise<void> {
    const beside = `${this.#path}.new`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o750 });
      await writeFile(beside, JSON.stringify(note), { mode: 0o640 });
      renameSync(beside, this.#path);
    } catch (error) {
      throw new CombotError("NO_ROOM", `it can't be noted in ${this.#path}: ${messageOf(error)}`, { cause: error });
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
