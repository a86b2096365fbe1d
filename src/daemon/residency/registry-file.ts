import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CombotError, messageOf, systemCodeOf } from "../../lib/errors.ts";
import { replaceFile } from "../../lib/replace-file.ts";

const schema = z.strictObject({
  /** Models that were given by hand, by name: their folders lie elsewhere. */
  dirs: z.record(z.string(), z.string()).default({}),
  /** What was said by hand of a name, in the place of what its combot.json says. */
  pins: z.record(z.string(), z.boolean()).default({}),
});

export type Registry = z.infer<typeof schema>;

/** What was decided about models by hand, kept in the state folder so that it outlives a restart. */
export class RegistryFile {
  readonly path: string;

  constructor(stateDir: string) {
    this.path = join(stateDir, "models.json");
  }

  /** @throws {CombotError} `CONFIG_INVALID` where it can't be read: a pin or a model must not be forgotten unsaid. */
  read(): Registry {
    try {
      return schema.parse(JSON.parse(readFileSync(this.path, "utf8")));
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") return { dirs: {}, pins: {} };
      const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
      throw new CombotError("CONFIG_INVALID", `${this.path} is damaged: ${why}; write it again, or remove it`);
    }
  }

  /** @throws {CombotError} `NO_ROOM` */
  async write(registry: Registry): Promise<void> {
    try {
      await replaceFile(this.path, JSON.stringify(registry));
    } catch (error) {
      throw new CombotError("NO_ROOM", `it can't be kept in ${this.path}: ${messageOf(error)}`, { cause: error });
    }
  }
}
