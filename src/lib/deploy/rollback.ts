import { CombotError } from "../errors.ts";
import type { Pending } from "./facts.ts";
import { keptInWords, lookAfterwards } from "./afterwards.ts";
import { linkTarget, readJson } from "./files.ts";
import { generationNames, notePending, readGeneration } from "./generations.ts";
import { Root } from "./machine.ts";
import { PATHS } from "./paths.ts";
import type { OnWait } from "./perform.ts";
import { differencesFrom, restoreGeneration } from "./restore.ts";
import { goneFolders } from "./surroundings.ts";

export interface Rollback {
  /** The generation to go back to. */
  readonly name: string;
  readonly changes: readonly { readonly act: "create" | "change" | "remove" | "install"; readonly what: string }[];
  /** @returns what is seen afterwards. @throws {CombotError} `DEPLOY_FAILED` where combot does not serve then. */
  readonly apply: (onWait: OnWait) => Promise<string>;
}

/**
 * The way back to what was there before the last deploy, or before one that was interrupted.
 *
 * @throws {CombotError} `DEPLOY_FAILED` where no generation was saved.
 */
export async function planRollback(): Promise<Rollback> {
  const root = new Root("/");
  const pending = readJson(PATHS.pending) as Pending | null;
  const name = pending?.generation ?? generationNames(root).at(-1);
  if (name === undefined)
    throw new CombotError("DEPLOY_FAILED", "there is no generation to go back to, or it takes root to see it");
  const generation = readGeneration(root, name);
  const files = differencesFrom(root, generation, generation.files).map(({ path, from, to }) => {
    const act = to === null ? ("remove" as const) : from === null ? ("create" as const) : ("change" as const);
    return { act, what: path };
  });
  const isOther = linkTarget(PATHS.current) !== generation.current;
  const program = isOther ? [{ act: "install" as const, what: generation.current ?? "no program" }] : [];
  const folders = goneFolders(root, generation.surroundings).map((what) => ({ act: "remove" as const, what }));
  const apply = async (onWait: OnWait): Promise<string> => {
    // A kill in the middle is seen by the next run.
    notePending(root, { restart: [], ...pending, generation: name });
    const restored = await restoreGeneration(root, name, false);
    const { isWell, seen } = await lookAfterwards(root, restored, onWait);
    const words = `Generation ${name} is back${seen}.${keptInWords(restored)}`;
    if (isWell) return words;
    throw new CombotError("DEPLOY_FAILED", `${words} sudo combot doctor names what mends it.`);
  };
  return { name, changes: [...program, ...files, ...folders], apply };
}
