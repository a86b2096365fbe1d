import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Disabled, Manifest, Pending } from "./facts.ts";
import { readJson, readState } from "./files.ts";
import { tryCommand } from "./machine.ts";
import { MANAGED_FILES, PATHS, TIMER_STAMPS } from "./paths.ts";
import { isOurs, SHARED_FILES } from "./shared-files.ts";
import { ALL_UNITS } from "../unit-names.ts";
import { enableAgain } from "./restore-units.ts";
import { GROUPS, removeIfEmpty, removeUsers, USERS } from "./surroundings.ts";
import { driveUnit } from "./systemd.ts";

export interface Removal {
  /** Units that are there, to be stopped and disabled. */
  readonly units: readonly string[];
  readonly files: readonly string[];
  /** Removed with all that is in them. */
  readonly folders: readonly string[];
  /** Removed if nothing of the operator's is left in them. */
  readonly emptyFolders: readonly string[];
  readonly users: readonly string[];
  /** Units of others that a deploy disabled, and that come back. */
  readonly enable: Disabled;
}

/** What systemctl edit and systemctl set-property leave, which doctor advises too. */
const DROP_INS = [PATHS.units, "/etc/systemd/system.control", "/run/systemd/system.control"] as const;
/** Made for our completion where a shell's own package hadn't. */
const COMPLETION_FOLDERS = [
  "/usr/local/share/bash-completion/completions",
  "/usr/local/share/bash-completion",
] as const;

/** What goes. Data stays without `purge`: the state folder but deploy's own records, and the users whose it is. */
export function planRemoval(purge: boolean): Removal {
  const manifest = readJson(PATHS.manifest) as Manifest | null;
  const pending = readJson(PATHS.pending) as Pending | null;
  const dropIns = DROP_INS.flatMap((folder) => ALL_UNITS.map((unit) => join(folder, `${unit}.d`)));
  const all = [PATHS.program, PATHS.run, PATHS.redisRun, PATHS.deploy];
  const folders = purge ? [...all, PATHS.settings, PATHS.state, ...dropIns] : all;
  return {
    units: ALL_UNITS.filter((unit) => existsSync(join(PATHS.units, unit))),
    files: [
      ...[...MANAGED_FILES, ...TIMER_STAMPS].filter((path) => existsSync(path)),
      ...SHARED_FILES.filter((path) => {
        const state = readState(path);
        return state !== null && isOurs(state);
      }),
    ],
    folders: folders.filter((path) => existsSync(path)),
    emptyFolders: [PATHS.credentials, PATHS.settings, ...COMPLETION_FOLDERS].filter((path) => existsSync(path)),
    users: purge ? USERS : [],
    enable: { ...manifest?.disabled, ...pending?.disabled },
  };
}

/** Safe to be interrupted and run again. */
export async function applyRemoval({ units, files, folders, emptyFolders, users, enable }: Removal): Promise<void> {
  // The timers and the target first, or they would start again what is stopped.
  for (const unit of units.toReversed()) await driveUnit("stop", unit);
  if (units.length > 0) await tryCommand("systemctl", ["disable", ...units]);
  // Before the record of it goes; that one does not start keeps nothing from being removed.
  const others = await enableAgain(enable).catch((error: unknown) => error);
  for (const path of files) rmSync(path, { force: true });
  for (const path of folders) rmSync(path, { recursive: true, force: true });
  for (const path of emptyFolders) removeIfEmpty(path);
  await tryCommand("systemctl", ["daemon-reload"]);
  if (units.length > 0) await tryCommand("systemctl", ["reset-failed", ...units]);
  if (users.length > 0) await removeUsers(users, GROUPS);
  if (others !== undefined) throw others;
}
