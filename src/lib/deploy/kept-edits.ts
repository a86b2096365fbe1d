import { addedSettings } from "../config/deployed-settings.ts";
import type { FileState } from "./facts.ts";
import { readState, writeWhole } from "./files.ts";
import type { Root } from "./machine.ts";
import { isCredential, isDropIn, keptName } from "./own-hand.ts";
import { MANAGED_FILES, PATHS } from "./paths.ts";
import type { FileStates } from "./what-ran.ts";

/** An operator's version of a file that made way for what ran, and where it lies now. */
export interface KeptEdit {
  readonly path: string;
  readonly at: string;
}

interface Versions {
  /** As they were found before the deploy, where that is not what ran. */
  readonly found: FileStates;
  /** As the last deploy that went well left them. */
  readonly deployed: FileStates | null;
  readonly isFailure: boolean;
}

interface Replacement {
  readonly path: string;
  readonly from: FileState | null;
  readonly to: FileState | null;
}

/** Keeps what an operator wrote beside the file, before it is replaced. */
export function keepEdits(root: Root, replacement: Replacement, versions: Versions): KeptEdit[] {
  const { path, to } = replacement;
  const kept: FileState[] = [];
  for (const version of [versions.found[path] ?? null, presentEdit(replacement, versions)]) {
    const same = [to, ...kept].some((other) => version && other && saysTheSame(path, version, other));
    if (version !== null && version.content !== null && !same) kept.push(version);
  }
  return kept.map((version) => ({ path, at: keep(root, path, version) }));
}

/** What is there now, where it is not what a deploy wrote. */
function presentEdit({ path, from }: Replacement, { found, deployed, isFailure }: Versions): FileState | null {
  if (from === null) return null;
  // A deploy writes the operator's settings with its own.
  if (path === PATHS.env) {
    const isKept = isFailure && found[path] && saysTheSame(path, from, found[path]);
    return isKept || added(from) === NOTHING ? null : from;
  }
  if (isDropIn(path)) return from;
  if (!isCredential(path)) return null;
  const isOwn = MANAGED_FILES.includes(path);
  const isEdited = deployed !== null && deployed[path]?.content !== from.content;
  return isOwn && (isFailure || !isEdited) ? null : from;
}

function saysTheSame(path: string, one: FileState, other: FileState): boolean {
  if (one.content === other.content) return true;
  return path === PATHS.env && added(one) === added(other) && added(one) !== undefined;
}

const NOTHING = "[]";

/** Of settings only what an operator added: deploy's own come back by themselves. */
function added({ content }: FileState): string | undefined {
  return content === null ? undefined : JSON.stringify(addedSettings(content).map(({ name, value }) => [name, value]));
}

function keep(root: Root, path: string, { content, mode, owner }: FileState): string {
  for (let count = 1; ; count++) {
    const at = keptName(path, count);
    const there = readState(root.at(at));
    if (there !== null && there.content !== content) continue;
    writeWhole(root.at(at), { content: content ?? "", mode, owner: root.isMachine ? owner : null });
    return at;
  }
}
