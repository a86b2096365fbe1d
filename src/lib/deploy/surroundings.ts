import { existsSync, lstatSync, rmdirSync, rmSync } from "node:fs";
import { systemCodeOf } from "../errors.ts";
import { idsByName, tryCommand, type Root } from "./machine.ts";
import { PATHS, TIMER_STAMPS } from "./paths.ts";

/** Users and groups that deploy has systemd make. */
export const USERS = ["combot", "combot-redis"] as const;
export const GROUPS = ["combot-admin", "combot", "combot-redis"] as const;

/** Deploy's folders, outer ones first. What lies in the last two may be the operator's. */
const OURS = [PATHS.program, PATHS.run, PATHS.redisRun, PATHS.deploy] as const;
const SHARED = [PATHS.settings, PATHS.credentials] as const;

/** What there was of folders, users and groups before a deploy. */
export interface Surroundings {
  readonly folders: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

export function describeSurroundings(root: Root): Surroundings {
  const folders = [...OURS, ...SHARED, PATHS.state].filter((path) => existsSync(root.at(path)));
  const [users, groups] = [idsByName("/etc/passwd"), idsByName("/etc/group")];
  return {
    folders,
    users: USERS.filter((name) => users.has(name)),
    groups: GROUPS.filter((name) => groups.has(name)),
  };
}

/** Those that go on the way back to such surroundings, data apart. */
export function goneFolders(root: Root, before: Surroundings | undefined): readonly string[] {
  return before ? OURS.filter((path) => !before.folders.includes(path) && existsSync(root.at(path))) : [];
}

/**
 * Removes what was not there before.
 *
 * @param isFailure there was no combot before, and none has served since: its data and its users go too.
 */
export async function leaveSurroundings(root: Root, before: Surroundings, isFailure: boolean): Promise<void> {
  const isNew = (path: string): boolean => !before.folders.includes(path);
  if (isNew(PATHS.program)) for (const path of TIMER_STAMPS) rmSync(root.at(path), { force: true });
  const data = isFailure ? [PATHS.state] : [];
  for (const path of [...OURS, ...data].filter(isNew)) rmSync(root.at(path), { recursive: true, force: true });
  for (const path of SHARED.toReversed().filter(isNew)) removeIfEmpty(root.at(path));
  if (!isFailure || !root.isMachine) return;
  await removeUsers(
    USERS.filter((name) => !before.users.includes(name)),
    GROUPS.filter((name) => !before.groups.includes(name)),
  );
}

export async function removeUsers(users: readonly string[], groups: readonly string[]): Promise<void> {
  const [known, knownGroups] = [idsByName("/etc/passwd"), idsByName("/etc/group")];
  for (const user of users.filter((name) => known.has(name))) await tryCommand("userdel", [user]);
  // The group that has the user's name goes with it.
  for (const group of groups.filter((name) => knownGroups.has(name))) await tryCommand("groupdel", [group]);
}

export function removeIfEmpty(path: string): void {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmdirSync(path);
  } catch (thrown) {
    if (!["ENOENT", "ENOTEMPTY"].includes(systemCodeOf(thrown) ?? "")) throw thrown;
  }
}
