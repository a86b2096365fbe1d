import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { CombotError, messageOf, systemCodeOf } from "../../lib/errors.ts";
import { strangerOf } from "../../lib/ownership.ts";

const hex = z.string().regex(/^[0-9a-f]{64}$/);

/** Older versions wrote the folder alone. */
const schema = z.object({
  dir: z.string().min(1),
  file: z.string().optional(),
  content: hex.optional(),
  digest: hex.optional(),
  at: z.iso.datetime().optional(),
  by: z.literal("model use").optional(),
});

/** A model that was chosen while the daemon ran. */
export type Choice = z.infer<typeof schema>;

/** A choice that is written, and not yet made. */
export interface PreparedChoice {
  /** @throws where the file can't take its place. */
  readonly commit: () => void;
  /** Leaves the old choice as it is. */
  readonly discard: () => void;
}

/** The model that was chosen while the daemon ran, kept in the state folder so that the choice outlives a restart. */
export class ModelChoice {
  readonly path: string;
  readonly #beside: string;

  constructor(stateDir: string) {
    this.path = join(stateDir, "model.json");
    this.#beside = `${this.path}.new`;
  }

  /** Removes a choice that was written and not made: its daemon was killed in between. */
  sweep(): void {
    rmSync(this.#beside, { force: true });
  }

  /**
   * Undefined where none was made.
   *
   * @throws {CombotError} `CONFIG_INVALID` where there is a choice that can't be told: another model must not serve in
   * the place of the one that was meant.
   */
  read(): Choice | undefined {
    const stranger = strangerOf(this.path);
    if (stranger !== undefined) throw this.#refusal(stranger);
    try {
      return schema.parse(JSON.parse(readFileSync(this.path, "utf8")));
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") return undefined;
      throw this.#refusal(
        `${this.path} is damaged: ${error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)}`,
      );
    }
  }

  /**
   * Writes a choice beside the old one, so that what can fail has failed before a model is switched.
   *
   * @param choice undefined: back to what the settings name. @throws {CombotError} `NO_ROOM`
   */
  async prepare(choice: Choice | undefined): Promise<PreparedChoice> {
    if (choice === undefined) return { commit: () => rmSync(this.path, { force: true }), discard: () => undefined };
    try {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o750 });
      // A file that another user may have put there is not written into.
      this.sweep();
      await writeFile(this.#beside, JSON.stringify(choice), { flag: "wx", mode: 0o640, flush: true });
    } catch (error) {
      this.#sweepQuietly();
      throw new CombotError(
        "NO_ROOM",
        `the choice can't be kept in ${this.path}: ${messageOf(error)}; nothing was switched`,
        {
          cause: error,
        },
      );
    }
    return { commit: () => renameSync(this.#beside, this.path), discard: () => this.sweep() };
  }

  /** What could not be written whole. A folder that takes no removal either has nothing of ours in it. */
  #sweepQuietly(): void {
    try {
      this.sweep();
    } catch {
      // What it could not be written for is told.
    }
  }

  #refusal(why: string): CombotError {
    const remedy = `remove ${this.path} to serve what the settings name, or write it again`;
    return new CombotError("CONFIG_INVALID", `which model was chosen can't be told: ${why}; ${remedy}`);
  }
}

/** The model serves by now; what a restart will do is another matter. @returns what to tell, if it went wrong. */
export function forgotten(commit: () => void): string | undefined {
  try {
    commit();
    return undefined;
  } catch (error) {
    return `It serves, but a restart will not know of it: ${messageOf(error)}.`;
  }
}
