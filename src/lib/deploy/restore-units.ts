import { existsSync } from "node:fs";
import { join } from "node:path";
import { restoreDatabase, schemaVersion } from "./database.ts";
import { type Disabled, isRunning } from "./facts.ts";
import { idsOf } from "./files.ts";
import { type Generation, generationFolder, hasSavedDatabase, SAVED_DATABASE } from "./generations.ts";
import { tryCommand, type Root } from "./machine.ts";
import { readerOf } from "./own-hand.ts";
import { PATHS } from "./paths.ts";
import { ALL_UNITS, SERVICE, SOCKET } from "../unit-names.ts";
import { driveUnit, unitStates } from "./systemd.ts";

/** Tries one thing of several: what fails does not keep the others from being done. */
export type Attempt = (what: string, act: () => Promise<void> | void) => Promise<void>;

interface UnitsBack {
  readonly generation: Generation;
  /** Units of others that the deploy disabled. */
  readonly disabled: Disabled;
  /** Paths that were put back. */
  readonly touched: ReadonlySet<string>;
  readonly attempt: Attempt;
}

/** While their files are still there: systemd needs them to stop and to disable a unit. */
export async function leaveNewUnits({ files, units }: Generation): Promise<void> {
  const isNew = (unit: string): boolean =>
    (files[join(PATHS.units, unit)] ?? null) === null && !isRunning(units[unit]?.active);
  const gone = ALL_UNITS.filter((unit) => isNew(unit) && existsSync(join(PATHS.units, unit)));
  if (gone.length === 0) return;
  await tryCommand("systemctl", ["disable", "--now", ...gone]);
}

/** Once all files are back. */
export async function restoreUnits(root: Root, name: string, back: UnitsBack): Promise<void> {
  const { generation, disabled, touched, attempt } = back;
  const { units } = generation;
  await tryCommand("systemctl", ["daemon-reload"]);
  const known = ALL_UNITS.filter((unit) => units[unit] !== undefined);
  const now = await unitStates(ALL_UNITS);
  for (const unit of known) {
    const [was, is] = [units[unit]?.enabled, now[unit]?.enabled];
    if (was === "enabled" && is !== "enabled") await tryCommand("systemctl", ["enable", unit]);
    if (was !== "enabled" && is === "enabled") await tryCommand("systemctl", ["disable", unit]);
  }
  // Those that came with the deploy too: systemd shows one that failed for as long as that is not forgotten.
  const loaded = Object.keys(now);
  if (loaded.length > 0) await tryCommand("systemctl", ["reset-failed", ...loaded]);
  await attempt("database", async () => {
    if (hasSavedDatabase(root, name) && (await hasNewerSchema(root, name))) await putDatabaseBack(root, name);
  });
  if (touched.has(join(PATHS.units, SOCKET))) {
    // One that came with the deploy is gone by now: systemd does not know it any more, and has nothing to stop.
    const still = await unitStates([SERVICE, SOCKET]);
    for (const unit of [SERVICE, SOCKET].filter((unit) => still[unit] !== undefined))
      await attempt(unit, () => driveUnit("stop", unit));
  }
  // The service starts its sockets.
  for (const unit of known.filter((name) => name !== SOCKET || !isRunning(units[name]?.active)))
    await attempt(unit, () => restoreUnit(unit, generation, touched));
  const others = Object.entries(units).filter(([unit]) => !ALL_UNITS.includes(unit));
  await attempt("units of others", () => enableAgain({ ...Object.fromEntries(others), ...disabled }));
}

async function restoreUnit(unit: string, { units }: Generation, touched: ReadonlySet<string>): Promise<void> {
  const wasActive = isRunning(units[unit]?.active);
  const isActive = isRunning((await unitStates([unit]))[unit]?.active);
  const mustRestart =
    touched.size > 0 &&
    (unit === SERVICE || (unit.endsWith(".service") && [...touched].some((path) => readerOf(path) === unit)));
  if (!wasActive && isActive) await driveUnit("stop", unit);
  else if (wasActive && (!isActive || mustRestart)) {
    const start = driveUnit(isActive ? "restart" : "start", unit);
    // One that kept crashing before may do so again: what is seen of it afterwards is told.
    await (units[unit]?.active === "activating" ? start.catch(() => undefined) : start);
  }
}

/** Makes units of others start at boot, and run, as they did before a deploy disabled them. */
export async function enableAgain(disabled: Disabled): Promise<void> {
  const there = await unitStates(Object.keys(disabled));
  for (const [unit, { enabled, active }] of Object.entries(disabled).filter(([name]) => there[name] !== undefined)) {
    if (enabled === "enabled" && there[unit]?.enabled !== "enabled") await tryCommand("systemctl", ["enable", unit]);
    if (isRunning(active) && !isRunning(there[unit]?.active)) await driveUnit("start", unit);
  }
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
