import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CombotError } from "../errors.ts";
import type { FileState, Pending, UnitState } from "./facts.ts";
import { linkTarget, makePrivate, readJson, readState, toJson, writeWhole } from "./files.ts";
import { listFolder } from "./gather-facts.ts";
import { askHealth, type HealthWord } from "./health.ts";
import { type Root } from "./machine.ts";
import { filesByHand } from "./own-hand.ts";
import { MANAGED_FILES, PATHS } from "./paths.ts";
import { isOurs, SHARED_FILES } from "./shared-files.ts";
import { ALL_UNITS } from "../unit-names.ts";
import type { Step } from "./steps.ts";
import { describeSurroundings, type Surroundings } from "./surroundings.ts";
import { unitRuns, unitStates } from "./systemd.ts";
import { type FileStates, whatRan } from "./what-ran.ts";

/** The machine as it was before a deploy: all that is needed to put it back, byte for byte. */
export interface Generation {
  /** Those that what ran was started with; null where there was no file. */
  readonly files: FileStates;
  /** As they were found, where that is something else. */
  readonly found?: FileStates;
  /** Where `current` led; null where it was not there. */
  readonly current: string | null;
  readonly releases: readonly string[];
  /** Combot's own, and what a deploy disables. */
  readonly units: Readonly<Record<string, UnitState>>;
  /** By unit: one that is another since was started again. */
  readonly invocations?: Readonly<Record<string, string>>;
  /** What the daemon said of itself; null where it did not answer. */
  readonly health?: HealthWord | null;
  /** Not told by generations of before 0.2. */
  readonly surroundings?: Surroundings;
}

type SaveStep = Extract<Step, { do: "save-generation" }>;

const KEPT = 5;
const RECORD = "generation.json";
/** The journal's database as it was, beside the record. */
export const SAVED_DATABASE = "journal.db";

/** Files that come back with a generation and are no part of any plan. */
const RECORDS = [PATHS.manifest, PATHS.deployed, PATHS.modelChoice] as const;

export function generationNames(root: Root): string[] {
  return listFolder(root.at(PATHS.generations))
    .filter((name) => /^\d{6}$/.test(name))
    .toSorted();
}

export function generationFolder(root: Root, name: string): string {
  return join(root.at(PATHS.generations), name);
}

/**
 * Saves the present state, and notes that a deploy is under way. Where one was interrupted, what *it* saved stays: the
 * state in between is nothing to go back to.
 */
export async function saveGeneration(root: Root, isRoot: boolean, { restart, disable }: SaveStep): Promise<void> {
  const pending = readJson(root.at(PATHS.pending)) as Pending | null;
  const name = pending?.generation ?? (await writeGeneration(root, isRoot, Object.keys(disable)));
  const all = [...new Set([...(pending?.restart ?? []), ...restart])];
  notePending(root, { ...pending, generation: name, restart: all, disabled: { ...disable, ...pending?.disabled } });
}

/** What a run that is killed leaves to the next one. */
export function notePending(root: Root, pending: Pending): void {
  writeWhole(root.at(PATHS.pending), { content: toJson(pending), mode: 0o600, owner: null });
}

async function writeGeneration(root: Root, isRoot: boolean, disable: readonly string[]): Promise<string> {
  // Before deploy's own folder is there.
  const content = toJson(await describeGeneration(root, disable));
  makePrivate(root.at(PATHS.deploy), isRoot);
  const name = String(Number(generationNames(root).at(-1) ?? 0) + 1).padStart(6, "0");
  const folder = generationFolder(root, name);
  const beside = join(root.at(PATHS.generations), ".building");
  rmSync(beside, { recursive: true, force: true });
  makePrivate(root.at(PATHS.generations), isRoot);
  mkdirSync(beside, { mode: 0o700 });
  writeWhole(join(beside, RECORD), { content, mode: 0o600, owner: null });
  renameSync(beside, folder);
  return name;
}

async function describeGeneration(root: Root, disable: readonly string[]): Promise<Generation> {
  const manifest = readJson(root.at(PATHS.manifest)) as { files?: { path: string }[] } | null;
  const own = [...MANAGED_FILES, ...SHARED_FILES, ...RECORDS, ...(manifest?.files ?? []).map(({ path }) => path)];
  const here = { current: linkTarget(root.at(PATHS.current)), releases: listFolder(root.at(PATHS.releases)) };
  const surroundings = describeSurroundings(root);
  if (!root.isMachine) return { files: statesOf(root, own), ...here, units: {}, surroundings };
  const [units, runs] = [await unitStates([...ALL_UNITS, ...disable]), await unitRuns(ALL_UNITS)];
  const now = statesOf(root, [...own, ...filesByHand(root)]);
  const { files, found } = await whatRan(root, now, readDeployed(root), { units, runs });
  const invocations = Object.fromEntries(Object.entries(runs).map(([unit, { invocation }]) => [unit, invocation]));
  return { files, found, ...here, units, invocations, health: await askHealth(), surroundings };
}

function statesOf(root: Root, paths: readonly string[]): FileStates {
  return Object.fromEntries([...new Set(paths)].map((path) => [path, readOwn(root, path)]));
}

/** What a deploy that went well has left, with what operators had added by then. */
export function recordDeployed(root: Root, paths: readonly string[]): void {
  const files = statesOf(root, [...paths, ...filesByHand(root)]);
  writeWhole(root.at(PATHS.deployed), { content: toJson(files), mode: 0o600, owner: null });
}

/** Null where none was recorded: the last deploy was of a version that did not. */
export function readDeployed(root: Root): FileStates | null {
  return readJson(root.at(PATHS.deployed)) as FileStates | null;
}

/** Somebody else's file under a name that we share is none to put back. */
function readOwn(root: Root, path: string): FileState | null {
  const state = readState(root.at(path));
  return state && SHARED_FILES.includes(path) && !isOurs(state) ? null : state;
}

/** @throws {CombotError} `DEPLOY_FAILED` where there is none of that name. */
export function readGeneration(root: Root, name: string): Generation {
  const generation = readJson(join(generationFolder(root, name), RECORD)) as Generation | null;
  if (generation === null) throw new CombotError("DEPLOY_FAILED", `there is no generation ${name}`);
  return generation;
}

/** The five newest stay, and with them the releases that they lead to, up to five. */
export function pruneGenerations(root: Root): void {
  const names = generationNames(root);
  for (const name of names.slice(0, Math.max(0, names.length - KEPT))) removeGeneration(root, name);
}

export function removeGeneration(root: Root, name: string): void {
  rmSync(generationFolder(root, name), { recursive: true, force: true });
}

/** Five releases stay: the current one, and those that the newest generations lead to. */
export function pruneReleases(root: Root, current: string): void {
  const wanted = generationNames(root)
    .toReversed()
    .flatMap((name) => readGeneration(root, name).current?.split("/").at(-1) ?? []);
  const kept = new Set([...new Set([current, ...wanted])].slice(0, KEPT));
  const folder = root.at(PATHS.releases);
  for (const name of listFolder(folder))
    if (!kept.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

export function hasSavedDatabase(root: Root, name: string): boolean {
  return existsSync(join(generationFolder(root, name), SAVED_DATABASE));
}
