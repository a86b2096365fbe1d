import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { MAKING, PREPARED_WEIGHTS } from "./files.ts";
import { preparedKey } from "./machine-key.ts";

/** Beside those in use, the ones used last: going back to the model before costs nothing. */
const SPARE = 1;
/** Of those that have no weights, and take a page each. */
const SPARE_TRIALS = 32;

/** Where prepared models and the trials of all models are kept. */
export function preparedIn(stateDir: string): string {
  return join(stateDir, "prepared");
}

/**
 * Removes what was prepared of models that nobody serves. In one go: nobody can begin to use a folder meanwhile.
 *
 * @param inUse digests of the models that are served, loaded or not.
 * @param unread how many are served of which the digest is not known: each may be one of those that are here.
 */
export function prunePrepared(dir: string, inUse: readonly string[], unread: number): void {
  if (!existsSync(dir)) return;
  const kept = new Set(inUse.map((digest) => join(dir, preparedKey(digest))));
  const byUse = foldersIn(dir)
    .filter((path) => !kept.has(path) && !path.endsWith(MAKING))
    .map((path) => ({ path, atMs: statSync(path).mtimeMs, isHeavy: existsSync(join(path, PREPARED_WEIGHTS)) }))
    .toSorted((a, b) => b.atMs - a.atMs);
  const [heavy, light] = [byUse.filter(({ isHeavy }) => isHeavy), byUse.filter(({ isHeavy }) => !isHeavy)];
  for (const { path } of [...heavy.slice(SPARE + unread), ...light.slice(SPARE_TRIALS + unread)])
    rmSync(path, { recursive: true, force: true });
}

/** Removes what a killed preparation left behind. Before the first of this process begins. */
export function sweepPrepared(dir: string): void {
  if (!existsSync(dir)) return;
  for (const path of foldersIn(dir)) if (path.endsWith(MAKING)) rmSync(path, { recursive: true, force: true });
}

function foldersIn(dir: string): string[] {
  return readdirSync(dir).map((name) => join(dir, name));
}
