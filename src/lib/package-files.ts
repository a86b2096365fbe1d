import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of package.json: modules lie deeper in src/ than in what is built of them. */
function packageFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Of this package. */
export const PACKAGE_FOLDER = packageFolder();

/** A file of the package, such as `models/shop-intents`. */
export function packageFile(path: string): string {
  return join(PACKAGE_FOLDER, path);
}

/**
 * A module of ours that runs in a process or a thread of its own: the source where sources run, else what was built.
 *
 * @param module path within src/ or dist/, without its ending.
 */
export function programFile(module: string): string {
  return import.meta.filename.endsWith(".ts") ? packageFile(`src/${module}.ts`) : packageFile(`dist/${module}.js`);
}
