import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { CombotError, systemCodeOf } from "../errors.ts";
import { failureBy } from "../system-errors.ts";

/**
 * Makes sure that oclif can keep the shell's completion where it will.
 *
 * @param home undefined for a user that has none.
 * @throws {CombotError} `USAGE` with what to set.
 */
export function prepareCompletionPlace(home: string | undefined, cacheHome: string | undefined): void {
  if (!home && !cacheHome)
    throw new CombotError("USAGE", "There is no home folder to keep the completion in: set HOME or XDG_CACHE_HOME.");
  const folder = join(cacheHome || join(home ?? "", ".cache"), "combot");
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (thrown) {
    const told = `The completion can't be kept in ${folder} (${systemCodeOf(thrown)}): set XDG_CACHE_HOME.`;
    throw failureBy(thrown, "USAGE", told);
  }
}
