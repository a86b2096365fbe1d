import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFolder } from "../../../model/folder.ts";
import { readOptions } from "../../../model/options.ts";

const PRESETS = {
  "distilbert-fp32": ["--preset", "distilbert"],
  "distilbert-int8": ["--preset", "distilbert", "--int8"],
  "minilm-int8": ["--preset", "minilm", "--int8"],
} as const;

/** The folder of a model in BERT's shape with random weights; made once and kept in the temporary folder. */
export function presetModel(name: keyof typeof PRESETS, say: (progress: string) => void): string {
  const dir = join(tmpdir(), `combot-bench-${name}`);
  if (existsSync(join(dir, "config.json"))) return dir;
  const options = readOptions([...PRESETS[name], "--out", dir]);
  if (!options) throw new Error(`no options for ${name}`);
  writeFolder(dir, options.spec, options.externalData, say);
  return dir;
}
