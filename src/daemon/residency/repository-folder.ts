import { readdirSync, statSync } from "node:fs";
import type { Dirent } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { DEFAULT_MODEL, MAX_MODELS, MODEL_NAME } from "../../lib/protocol/models.ts";

export interface Listing {
  /** Folders by the model's name, in the order of the names. */
  readonly dirs: ReadonlyMap<string, string>;
  /** What lies there and can be no model, by its name: why. */
  readonly refused: ReadonlyMap<string, string>;
  /** Why the folder itself can't be read. */
  readonly fault?: string;
}

/** A model that was put there as one file, or packed; other files are notes of somebody's. */
const LOOKS_LIKE_A_MODEL = /\.(?:onnx|onnx_data|safetensors|bin|zip|tar|tgz|gz)$/i;

/** What lies in a repository: each folder is a model, under the folder's name; notes and hidden ones are nobody's. */
export function listRepository(dir: string): Listing {
  const dirs = new Map<string, string>();
  const refused = new Map<string, string>();
  let entries;
  try {
    entries = readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    return { dirs, refused, fault: messageOf(error) };
  }
  const seen = entries.filter(({ name }) => !name.startsWith("."));
  for (const entry of seen.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry;
    const isFile = leadsToFile(dir, entry);
    if (isFile && !LOOKS_LIKE_A_MODEL.test(name)) continue;
    const fault = isFile ? "it is a file: a model is a folder, with its files in it" : faultOf(name, dirs.size);
    if (fault === undefined) dirs.set(name, join(dir, name));
    else refused.set(name, fault);
  }
  return { dirs, refused };
}

function faultOf(name: string, before: number): string | undefined {
  if (!MODEL_NAME.test(name))
    return "a model's name has 1 to 64 small letters, digits, dots, hyphens and underscores, a letter or digit first";
  if (name === DEFAULT_MODEL) return `${DEFAULT_MODEL} is the name of the model that COMBOT_MODEL_DIR names`;
  return before >= MAX_MODELS ? `there are ${MAX_MODELS} models by now, and no more are served` : undefined;
}

/** Itself, or by a link; of a link that leads nowhere it is told when it is opened. */
function leadsToFile(dir: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  try {
    return statSync(join(dir, entry.name)).isFile();
  } catch {
    return false;
  }
}
