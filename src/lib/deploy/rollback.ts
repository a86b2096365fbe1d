import { CombotError } from "../errors.ts";
import type { Pending } from "./facts.ts";
import { linkTarget, readJson, toJson, writeWhole } from "./files.ts";
import { generationNames, readGeneration } from "./generations.ts";
import { Root } from "./machine.ts";
import { PATHS } from "./paths.ts";
import { differencesFrom, restoreGeneration } from "./restore.ts";

export interface Rollback {
  /** The generation to go back to. */
  readonly name: string;
  readonly changes: readonly { readonly act: "create" | "change" | "remove" | "install"; readonly what: string }[];
  readonly apply: () => Promise<void>;
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
  const files = differencesFrom(root, generation).map(({ path, from, to }) => {
    const act = to === null ? ("remove" as const) : from === null ? ("create" as const) : ("change" as const);
    return { act, what: path };
  });
  const isOther = linkTarget(PATHS.current) !== generation.current;
  const program = isOther ? [{ act: "install" as const, what: generation.current ?? "no program" }] : [];
  const apply = async (): Promise<void> => {
    // A kill in the middle is seen by the next run.
    const content = toJson({ generation: name, restart: pending?.restart ?? [] } satisfies Pending);
    writeWhole(PATHS.pending, { content, mode: 0o600, owner: null });
    await restoreGeneration(root, name, false);
  };
  return { name, changes: [...program, ...files], apply };
}
