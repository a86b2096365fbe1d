import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CombotError, messageOf } from "../../lib/errors.ts";
import { lostShadow } from "../../lib/protocol/shadow.ts";
import type { LostShadow } from "../../lib/protocol/shadow.ts";
import { replaceFile } from "../../lib/replace-file.ts";

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
    try {
      await replaceFile(this.#path, JSON.stringify(note));
    } catch (error) {
      throw new CombotError("NO_ROOM", `it can't be noted in ${this.#path}: ${messageOf(error)}`, { cause: error });
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
