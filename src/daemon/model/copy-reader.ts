import { join } from "node:path";
import { CombotError } from "../../lib/errors.ts";
import { readSettings } from "./combot-json.ts";
import { nameOfFolder } from "./folder-name.ts";
import { readModelFolder } from "./folder.ts";
import { COMBOT_FILE } from "./model-files.ts";
import type { SealedCopy } from "./sealed-copy.ts";
import { serveFolder } from "./served-model.ts";
import type { ServedModel } from "./served-model.ts";

/** Faults are told of the folder, which its owner knows. */
export async function readCopy(copy: SealedCopy, dir: string): Promise<ServedModel> {
  try {
    const folder = await readModelFolder(copy.folder, copy.file);
    // Of another folder that holds the same, the copy says what that one's owner wants.
    const text = copy.source?.dir === dir ? copy.source.settings?.text : undefined;
    const settings = readSettings(join(copy.folder, COMBOT_FILE), text, folder);
    return await serveFolder({ ...folder, dir, name: nameOfFolder(dir) }, copy, settings);
  } catch (error) {
    if (!(error instanceof CombotError)) throw error;
    throw new CombotError(error.code, error.message.replaceAll(copy.folder, dir), { cause: error });
  }
}
