import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CombotError, messageOf } from "../errors.ts";
import type { FileState, Pending } from "./facts.ts";
import { linkTarget, readJson, readState, switchLink, writeWhole } from "./files.ts";
import { type Generation, readDeployed, readGeneration, removeGeneration } from "./generations.ts";
import { listFolder } from "./gather-facts.ts";
import { keepEdits, type KeptEdit } from "./kept-edits.ts";
import type { Root } from "./machine.ts";
import { filesByHand, isDropIn } from "./own-hand.ts";
import { MANAGED_FILES, PATHS } from "./paths.ts";
import { isOurs, SHARED_FILES } from "./shared-files.ts";
import { type Attempt, leaveNewUnits, restoreUnits } from "./restore-units.ts";
import { leaveSurroundings } from "./surroundings.ts";
import { ALL_UNITS } from "../unit-names.ts";
import { unitRuns } from "./systemd.ts";
import type { FileStates } from "./what-ran.ts";

export interface Difference {
  readonly path: string;
  readonly from: FileState | null;
  readonly to: FileState | null;
}

export interface Restored {
  readonly generation: Generation;
  /** Operators' versions that had to make way. */
  readonly kept: readonly KeptEdit[];
}

/** What these files would put back. A drop-in that came later would change what runs, and a secret that came later not. */
export function differencesFrom(root: Root, { surroundings }: Generation, files: FileStates): Difference[] {
  const dropIns = surroundings !== undefined && root.isMachine ? filesByHand(root).filter(isDropIn) : [];
  const paths = new Set([...Object.keys(files), ...MANAGED_FILES, ...SHARED_FILES, ...dropIns]);
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
export async function restoreGeneration(root: Root, name: string, isFailure: boolean): Promise<Restored> {
  const generation = readGeneration(root, name);
  const faults: string[] = [];
  const attempt: Attempt = async (what, act) => {
    try {
      await act();
    } catch (error) {
      faults.push(`${what}: ${messageOf(error)}`);
    }
  };
  const asFound = { ...generation.files, ...generation.found };
  // What nobody has read yet stays as it was found, where nobody has to read it now.
  const isUntouched = isFailure && (await runsUntouched(root, generation, asFound));
  const deployed = readDeployed(root);
  const touched = new Set<string>();
  const kept: KeptEdit[] = [];
  await attempt("program", () => restoreProgram(root, generation, isFailure, touched));
  const differences = differencesFrom(root, generation, isUntouched ? asFound : generation.files);
  if (root.isMachine) await attempt("units that were not there", () => leaveNewUnits(generation));
  for (const difference of differences) {
    touched.add(difference.path);
    await attempt(difference.path, () => {
      kept.push(...keepEdits(root, difference, { found: generation.found ?? {}, deployed, isFailure }));
      putBack(root, difference);
    });
  }
  if (root.isMachine) {
    const { disabled = {} } = (readJson(root.at(PATHS.pending)) as Pending | null) ?? {};
    await restoreUnits(root, name, { generation, disabled, touched, attempt });
  }
  if (faults.length > 0) throw new CombotError("DEPLOY_FAILED", "not everything could be put back", { faults });
  rmSync(root.at(PATHS.pending), { force: true });
  removeGeneration(root, name);
  if (generation.surroundings) await leaveSurroundings(root, generation.surroundings, isFailure);
  return { generation, kept };
}

/** Whether each unit that ran is in the same run, on the same files. */
async function runsUntouched(root: Root, generation: Generation, asFound: FileStates): Promise<boolean> {
  if (!root.isMachine || generation.invocations === undefined) return false;
  if (linkTarget(root.at(PATHS.current)) !== generation.current) return false;
  if (differencesFrom(root, generation, asFound).length > 0) return false;
  const runs = await unitRuns(ALL_UNITS);
  return ALL_UNITS.every((unit) => (runs[unit]?.invocation ?? "") === (generation.invocations?.[unit] ?? ""));
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
