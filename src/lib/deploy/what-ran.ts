import { lstatSync } from "node:fs";
import { Client } from "../client.ts";
import { checkFile } from "../config/check.ts";
import { parseEnvFile } from "../config/env-file.ts";
import { readGuardedFile, type ReadFile } from "../config/guarded-file.ts";
import { findMachine } from "../config/machine.ts";
import { isAbsence } from "../system-errors.ts";
import { isRunning, type FileState, type UnitState } from "./facts.ts";
import { CALL_MS, SOCKETS } from "./health.ts";
import type { Root } from "./machine.ts";
import { isDropIn, readerOf } from "./own-hand.ts";
import { PATHS } from "./paths.ts";
import type { UnitRun } from "./systemd.ts";

export type FileStates = Readonly<Record<string, FileState | null>>;

export interface Ran {
  /** The files that what runs now was started with. */
  readonly files: FileStates;
  /** As they were found, where that is something else: edited, and not taken by anybody yet. */
  readonly found: FileStates;
}

export interface Running {
  readonly units: Readonly<Record<string, UnitState>>;
  readonly runs: Readonly<Record<string, UnitRun>>;
}

/**
 * What runs may not be what is on disk: settings, credentials, drop-ins and units are read when a unit starts, and people
 * edit them between that and a deploy. What was not read yet counts as it was deployed.
 *
 * @param found the files as they are. @param deployed as the last deploy left them; null where no record says.
 */
export async function whatRan(root: Root, found: FileStates, deployed: FileStates | null, now: Running): Promise<Ran> {
  if (deployed === null) return { files: found, found: {} };
  const paths = new Set([...Object.keys(found), ...Object.keys(deployed).filter(isDropIn)]);
  const files: Record<string, FileState | null> = { ...found };
  const edited: Record<string, FileState | null> = {};
  for (const path of paths) {
    const [is, was] = [found[path] ?? null, deployed[path] ?? null];
    if (isEqual(is, was) || (was === null && !isDropIn(path))) continue;
    if (hasRead(root, path, now) || (path === PATHS.env && (await isReloaded(was, is)))) continue;
    files[path] = was;
    edited[path] = is;
  }
  return { files, found: edited };
}

function isEqual(one: FileState | null, other: FileState | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Also where nothing reads it, or its reader does not run: then there is nothing else to go back to. */
function hasRead(root: Root, path: string, { units, runs }: Running): boolean {
  const reader = readerOf(path);
  const run = reader === undefined ? undefined : runs[reader];
  if (reader === undefined || run === undefined || !isRunning(units[reader]?.active)) return true;
  const changedAt = changedAtUs(root.at(path));
  if (changedAt === null) return !run.dropIns.includes(path);
  return changedAt < run.startedAtUs && !(run.isStale && (isDropIn(path) || path.startsWith(PATHS.units)));
}

/** On the clock that systemd counts with; null where there is no file. A rename and a chmod are changes too. */
function changedAtUs(path: string): number | null {
  try {
    return Number(process.hrtime.bigint() / 1000n) - (Date.now() - lstatSync(path).ctimeMs) * 1000;
  } catch (thrown) {
    if (isAbsence(thrown)) return null;
    throw thrown;
  }
}

/** Whether the daemon has taken each edit: `systemctl reload` after an edit is the documented way. */
async function isReloaded(was: FileState | null, is: FileState | null): Promise<boolean> {
  if (was === null || is === null) return false;
  const [before, after] = [rowsOf(was), rowsOf(is)];
  const client = new Client(SOCKETS);
  try {
    const { settings } = await client.call("config", { timeoutMs: CALL_MS, absenceMs: 0 });
    const inForce = new Map(settings.map(({ name, value }) => [name, value]));
    // Of a secret nobody is told the value: it can't be known.
    return editedNames(was, is).every(
      (name) => before.get(name) !== after.get(name) && after.get(name) === inForce.get(name),
    );
  } catch {
    return false;
  } finally {
    client.close();
  }
}

function editedNames(was: FileState, is: FileState): string[] {
  const [before, after] = [was, is].map(({ content }) => parseEnvFile(content ?? "").entries);
  const last = (entries: typeof before, wanted: string): string | undefined =>
    entries?.findLast(({ name }) => name === wanted)?.value;
  const names = new Set([...(before ?? []), ...(after ?? [])].map(({ name }) => name));
  return [...names].filter((name) => last(before, name) !== last(after, name));
}

function rowsOf({ content, mode }: FileState): ReadonlyMap<string, string> {
  const machine = findMachine();
  const readFile: ReadFile = (path) => (path === PATHS.env ? { text: content ?? "", mode } : readGuardedFile(path));
  const { settings } = checkFile(PATHS.env, { env: {}, machine, readFile });
  return new Map(settings.map(({ name, value }) => [name, value]));
}
