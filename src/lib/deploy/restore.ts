import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CombotError, messageOf } from "../errors.ts";
import { restoreDatabase, schemaVersion } from "./database.ts";
import type { FileState } from "./facts.ts";
import { idsOf, linkTarget, readState, switchLink, writeWhole } from "./files.ts";
import {
  type Generation,
  generationFolder,
  hasSavedDatabase,
  readGeneration,
  removeGeneration,
  SAVED_DATABASE,
} from "./generations.ts";
import { listFolder } from "./gather-facts.ts";
import { tryCommand, type Root } from "./machine.ts";
import { MANAGED_FILES, PATHS } from "./paths.ts";
import { isOurs, SHARED_FILES } from "./shared-files.ts";
import { ALL_UNITS, SERVICE, SOCKET } from "../unit-names.ts";
import { driveUnit, unitStates } from "./systemd.ts";

export interface Difference {
  readonly path: string;
  readonly from: FileState | null;
  readonly to: FileState | null;
}

/** What a generation would put back. */
export function differencesFrom(root: Root, { files }: Generation): Difference[] {
  const paths = new Set([...Object.keys(files), ...MANAGED_FILES, ...SHARED_FILES]);
  return (
    [...paths]
      .map((path) => ({ path, from: readState(root.at(path)), to: files[path] ?? null }))
      .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to))
      // By now somebody else's may be there.
      .filter(
        ({ path, from, to }) => !SHARED_FILES.includes(path) || [from, to].every((is) => is === null || isOurs(is)),
      )
  );
}

/**
 * Puts a generation back: files byte for byte, program, database, and units as they were. Safe to be interrupted and run
 * again.
 *
 * @param isFailure the deploy that saved it has failed, so what that one installed goes too.
 * @throws {CombotError} `DEPLOY_FAILED` with what could not be put back, when all the rest was.
 */
export async function restoreGeneration(root: Root, name: string, isFailure: boolean): Promise<void> {
  const generation = readGeneration(root, name);
  const faults: string[] = [];
  const attempt = async (what: string, act: () => Promise<void> | void): Promise<void> => {
    try {
      await act();
    } catch (error) {
      faults.push(`${what}: ${messageOf(error)}`);
    }
  };
  const touched = new Set<string>();
  await attempt("program", () => restoreProgram(root, generation, isFailure, touched));
  const differences = differencesFrom(root, generation);
  await attempt("units that were not there", () => leaveNewUnits(generation));
  for (const difference of differences) {
    touched.add(difference.path);
    await attempt(difference.path, () => putBack(root, difference));
  }
  if (root.isMachine) {
    await attempt("systemd", () => restoreUnits(root, name, generation, touched));
  }
  if (faults.length > 0) throw new CombotError("DEPLOY_FAILED", "not everything could be put back", { faults });
  rmSync(root.at(PATHS.pending), { force: true });
  removeGeneration(root, name);
}

function restoreProgram(root: Root, { current, releases }: Generation, isFailure: boolean, touched: Set<string>): void {
  const link = root.at(PATHS.current);
  if (linkTarget(link) !== current) {
    touched.add(PATHS.current);
    if (current === null) rmSync(link, { force: true });
    else if (existsSync(join(root.at(PATHS.program), current))) switchLink(link, current);
    else throw new CombotError("DEPLOY_FAILED", `release ${current} is no longer there`);
  }
  if (!isFailure) return;
  // First of all, since the disk may be full.
  const folder = root.at(PATHS.releases);
  for (const release of listFolder(folder))
    if (!releases.includes(release)) rmSync(join(folder, release), { recursive: true });
}

function putBack(root: Root, { path, to }: Difference): void {
  if (to === null) return rmSync(root.at(path), { force: true });
  if (to.content === null && to.link === undefined) throw new CombotError("DEPLOY_FAILED", "its content was not saved");
  writeWhole(root.at(path), { ...to, content: to.content ?? "", owner: root.isMachine ? to.owner : null });
}

/** While their files are still there: systemd needs them to stop and to disable a unit. */
async function leaveNewUnits({ files, units }: Generation): Promise<void> {
  const isNew = (unit: string): boolean =>
    (files[join(PATHS.units, unit)] ?? null) === null && units[unit]?.active !== "active";
  const gone = ALL_UNITS.filter((unit) => isNew(unit) && existsSync(join(PATHS.units, unit)));
  if (gone.length === 0) return;
  await tryCommand("systemctl", ["disable", "--now", ...gone]);
}

async function restoreUnits(
  root: Root,
  name: string,
  { units }: Generation,
  touched: ReadonlySet<string>,
): Promise<void> {
  await tryCommand("systemctl", ["daemon-reload"]);
  const known = ALL_UNITS.filter((unit) => units[unit] !== undefined);
  const now = await unitStates(ALL_UNITS);
  for (const unit of known) {
    const [was, is] = [units[unit]?.enabled, now[unit]?.enabled];
    if (was === "enabled" && is !== "enabled") await tryCommand("systemctl", ["enable", unit]);
    if (was !== "enabled" && is === "enabled") await tryCommand("systemctl", ["disable", unit]);
  }
  await tryCommand("systemctl", ["reset-failed", ...known]);
  const isNewer = hasSavedDatabase(root, name) && (await hasNewerSchema(root, name));
  if (isNewer) await putDatabaseBack(root, name);
  const isSocketTouched = touched.has(join(PATHS.units, SOCKET));
  if (isSocketTouched && units[SERVICE]?.active === "active") await driveUnit("stop", SERVICE);
  if (isSocketTouched) await driveUnit("stop", SOCKET);
  // The service starts its sockets.
  for (const unit of known.filter((name) => name !== SOCKET || units[name]?.active !== "active")) {
    const wasActive = units[unit]?.active === "active";
    const isActive = (await unitStates([unit]))[unit]?.active === "active";
    const mustRestart =
      touched.size > 0 && (unit === SERVICE || (unit.endsWith(".service") && isTouched(touched, unit)));
    if (!wasActive && isActive) await driveUnit("stop", unit);
    else if (wasActive && (!isActive || mustRestart)) await driveUnit(isActive ? "restart" : "start", unit);
  }
}

function isTouched(touched: ReadonlySet<string>, unit: string): boolean {
  const own = [join(PATHS.units, unit), PATHS.redisConf, PATHS.redisAcl];
  return own.some((path) => touched.has(path));
}

/** Only then is it worth the entries that were written since. */
async function hasNewerSchema(root: Root, name: string): Promise<boolean> {
  const saved = join(generationFolder(root, name), SAVED_DATABASE);
  return (await schemaVersion(root.at(PATHS.journal))) > (await schemaVersion(saved));
}

async function putDatabaseBack(root: Root, name: string): Promise<void> {
  await tryCommand("systemctl", ["stop", SERVICE]);
  restoreDatabase(join(generationFolder(root, name), SAVED_DATABASE), root.at(PATHS.journal), idsOf("combot:combot"));
}
