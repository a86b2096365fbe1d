import { join } from "node:path";
import { packageFile } from "../../../../src/lib/package-files.ts";
import { writeFolder } from "../../../model/folder.ts";
import { readOptions } from "../../../model/options.ts";

export interface PlannedModel {
  readonly name: string;
  readonly dir: string;
}

/** The bundled one, and two of the sizes that people serve, written into the folder. */
export function plannedModels(folder: string): PlannedModel[] {
  const made = ["minilm", "distilbert"].map((preset) => {
    const dir = join(folder, preset);
    const options = readOptions(["--preset", preset, "--int8", "--out", dir]);
    if (!options) throw new Error(`no preset ${preset}`);
    writeFolder(dir, options.spec, false, () => undefined);
    return { name: `${preset} int8`, dir };
  });
  return [{ name: "bundled", dir: packageFile("models/shop-intents") }, ...made];
}
