import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeFolder } from "../../../model/folder.ts";
import { readOptions } from "../../../model/options.ts";

/** Words that are whole in the vocabularies below. */
export const TEXTS = ["where is my order", "the", "my order is the", "is"];

/** Two that are served plain and differ in their weights alone, but for labels; one that is prepared, larger than 4 MiB. */
const SHAPES = {
  small: ["--preset", "tiny", "--seed", "1"],
  other: ["--preset", "tiny", "--seed", "2"],
  large: ["--layers", "1", "--hidden", "128", "--heads", "2", "--vocab", "9000", "--labels", "3"],
} as const;

/** Folders of models whose labels tell them apart. */
export function makeModels(folder: string): string[] {
  return Object.entries(SHAPES).map(([name, shape]) => {
    const dir = join(folder, name);
    const options = readOptions([...shape, "--out", dir]);
    if (!options) throw new Error(`no options for ${name}`);
    writeFolder(dir, options.spec, options.externalData, () => undefined);
    const path = join(dir, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8")) as { id2label: Record<string, string> };
    const id2label = Object.fromEntries(Object.keys(config.id2label).map((id) => [id, `${name}-${id}`]));
    writeFileSync(path, JSON.stringify({ ...config, id2label }));
    return dir;
  });
}
