import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import type { Facts, FolderState } from "./facts.ts";
import { idsOf, nullFor, ownerOf } from "./files.ts";
import type { Root } from "./machine.ts";
import { PATHS } from "./paths.ts";

interface OwnFolder extends FolderState {
  readonly path: string;
  /** Made and mended by systemd-tmpfiles, at each boot too. */
  readonly isTmpfiles?: boolean;
}

const ROOTS = "root:root";

/** Those that are deploy's own, as they have to be: the daemon's user must get to its program and its settings. */
const OWN_FOLDERS: readonly OwnFolder[] = [
  { path: PATHS.program, mode: 0o755, owner: ROOTS },
  { path: PATHS.releases, mode: 0o755, owner: ROOTS },
  { path: PATHS.settings, mode: 0o755, owner: ROOTS },
  { path: PATHS.credentials, mode: 0o700, owner: ROOTS },
  { path: PATHS.state, mode: 0o1770, owner: "root:combot", isTmpfiles: true },
  { path: PATHS.deploy, mode: 0o700, owner: ROOTS, isTmpfiles: true },
];

/** The machine's, which everybody has to be let through, and which deploy leaves alone. */
const ABOVE: readonly string[] = ["/", "/etc", "/opt", "/var", "/var/lib"];

const OTHERS_ENTER = 0o001;

/** A folder whose mode or owner is wrong. */
export interface FolderChange {
  readonly path: string;
  readonly from: FolderState;
  readonly to: FolderState;
}

/** Of those that are there and that this user may look at. */
export function readFolders(): Facts["folders"] {
  const found = [...OWN_FOLDERS.map(({ path }) => path), ...ABOVE].flatMap((path) => {
    const status = nullFor(["EACCES"], () => statSync(path));
    return status?.isDirectory() ? [[path, { mode: status.mode & 0o7777, owner: ownerOf(status) }] as const] : [];
  });
  return Object.fromEntries(found);
}

/** Made under a narrow umask, or changed since: what is to be mended. Pure. */
export function folderChanges(folders: Facts["folders"]): readonly FolderChange[] {
  return OWN_FOLDERS.flatMap(({ path, mode, owner }) => {
    const from = folders[path];
    return from === undefined || (from.mode === mode && from.owner === owner)
      ? []
      : [{ path, from, to: { mode, owner } }];
  });
}

/** Folders of the machine's that the services' users could not get through. Pure. */
export function closedFolders(folders: Facts["folders"]): readonly string[] {
  return ABOVE.filter((path) => folders[path] && (folders[path].mode & OTHERS_ENTER) === 0);
}

/** Makes deploy's own folders, and mends those that are there. */
export function makeOwnFolders(root: Root): void {
  for (const { path, mode, owner, isTmpfiles } of OWN_FOLDERS) {
    if (isTmpfiles) continue;
    const { uid, gid } = idsOf(owner);
    mkdirSync(root.at(path), { recursive: true, mode });
    chmodSync(root.at(path), mode);
    chownSync(root.at(path), uid, gid);
  }
}
