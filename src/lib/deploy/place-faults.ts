import { formatBytes, KIB, MIB } from "../units.ts";
import type { Facts, Place, Release } from "./facts.ts";
import { closedFolders } from "./folders.ts";
import { PATHS } from "./paths.ts";
import type { PreflightFault } from "./preflight-fault.ts";

interface Need {
  readonly bytes: number;
  readonly files: number;
}

/** Units, settings, credentials, links. */
const SMALL: Need = { bytes: MIB, files: 64 };
/** The generation, which holds them all, and the daemon's own files. */
const STATE: Need = { bytes: 64 * MIB, files: 256 };
/** A folder of the release for each few of its files. */
const FOLDER_BYTES = 4 * KIB;

/** What keeps deploy from writing where it has to, or a service from running what it has written. Pure. */
export function placeFaults(facts: Facts, release: Release, weightsBytes: number): readonly PreflightFault[] {
  return [
    ...facts.places.filter(({ isReadOnly }) => isReadOnly).map(readOnlyFault),
    ...facts.places.filter(({ path, isNoExec }) => isNoExec && path === PATHS.releases).map(noExecFault),
    ...closedFolders(facts.folders).map(closedFault),
    ...roomFaults(facts, release, weightsBytes),
  ];
}

function readOnlyFault({ path, mount }: Place): PreflightFault {
  return {
    check: "read-only",
    found: `${path} can't be written to: ${mount} is mounted read-only`,
    mend: `mount -o remount,rw ${mount}`,
  };
}

function noExecFault({ path, mount }: Place): PreflightFault {
  const found = `no program may be run in ${path}: ${mount} is mounted noexec`;
  return { check: "noexec", found, mend: `mount -o remount,exec ${mount}, and take noexec out of /etc/fstab` };
}

function closedFault(path: string): PreflightFault {
  const found = `${path} can't be entered by others than root, so not by the services' users`;
  return { check: "closed folder", found, mend: `chmod a+x ${path}` };
}

/** Places on one file system share what it has free. */
function roomFaults(facts: Facts, release: Release, weightsBytes: number): readonly PreflightFault[] {
  const devices = new Set(facts.places.map(({ device }) => device));
  return [...devices].flatMap((device) => {
    const places = facts.places.filter((place) => place.device === device);
    const needs = places.map(({ path }) => needAt(path, facts, release, weightsBytes));
    const bytes = needs.reduce((sum, need) => sum + need.bytes, 0);
    const files = needs.reduce((sum, need) => sum + need.files, 0);
    const [place] = places;
    return place ? roomFault(place, bytes, files) : [];
  });
}

function roomFault({ path, mount, freeBytes, freeFiles }: Place, bytes: number, files: number): PreflightFault[] {
  const where = `${mount}, where ${path} is,`;
  if (freeBytes < bytes) {
    const found = `${where} has ${formatBytes(freeBytes)} free, it takes ${formatBytes(bytes)}`;
    return [{ check: "disk", found, mend: `make room on the disk: df -h ${mount}` }];
  }
  if (freeFiles === null || freeFiles >= files) return [];
  const found = `${where} has room for ${freeFiles} files, it takes ${files}`;
  return [{ check: "disk", found, mend: `remove files that nobody needs: df -i ${mount}` }];
}

function needAt(path: string, facts: Facts, { name, bytes, fileCount }: Release, weightsBytes: number): Need {
  if (path.endsWith(PATHS.state))
    return { bytes: STATE.bytes + weightsBytes + (isNew(facts, name) ? facts.journalBytes : 0), files: STATE.files };
  if (!path.endsWith(PATHS.releases)) return SMALL;
  if (facts.installedReleases.includes(name)) return { bytes: 0, files: 0 };
  return { bytes: bytes + Math.ceil(fileCount / 4) * FOLDER_BYTES, files: Math.ceil(fileCount * 1.25) };
}

/** Then the journal's database is saved. */
function isNew({ currentRelease }: Facts, name: string): boolean {
  return currentRelease !== name;
}
