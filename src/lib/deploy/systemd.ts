import { CombotError } from "../errors.ts";
import type { UnitState } from "./facts.ts";
import { hangLimitMs } from "../slowness.ts";
import { runCommand, tryCommand } from "./machine.ts";

const LOG_LINES = 20;
/** systemd gives up by itself, after TimeoutStopSec and TimeoutStartSec of the unit, which the daemon may make longer. */
const DRIVE_LIMIT_MS = hangLimitMs(600_000);

export async function systemctl(...args: readonly string[]): Promise<string> {
  return runCommand("systemctl", args);
}

/** Null where PID 1 is not systemd. */
export async function systemdVersion(): Promise<number | null> {
  const { status, output } = await tryCommand("systemctl", ["--version"]);
  const version = Number(/^systemd (\d+)/m.exec(output)?.[1]);
  return status === 0 && Number.isInteger(version) ? version : null;
}

/** What systemd knows of these units; nothing for those it doesn't know. */
export async function unitStates(units: readonly string[]): Promise<Readonly<Record<string, UnitState>>> {
  const { status, output } = await tryCommand("systemctl", [
    "show",
    "--property=Id,LoadState,ActiveState,UnitFileState",
    ...units,
  ]);
  if (status !== 0) return {};
  const blocks = output.split("\n\n").map((block) => {
    const property = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(block)?.[1] ?? "";
    const state = { active: property("ActiveState"), enabled: property("UnitFileState") };
    return { id: property("Id"), load: property("LoadState"), state };
  });
  const known = blocks.filter(({ load, state }) => load !== "not-found" || state.active !== "inactive");
  return Object.fromEntries(known.map(({ id, state }) => [id, state]));
}

/** The last lines that a unit logged. */
export async function lastLogLines(unit: string): Promise<string> {
  const { output } = await tryCommand("journalctl", [
    "-u",
    unit,
    "-n",
    String(LOG_LINES),
    "--no-pager",
    "-o",
    "short-iso",
  ]);
  return output;
}

/** Starts, stops or restarts a unit and waits for it. @throws {CombotError} `DEPLOY_FAILED` with the unit's last log lines. */
export async function driveUnit(act: "start" | "restart" | "stop", unit: string): Promise<void> {
  const { status, output } = await tryCommand("systemctl", [act, unit], { timeoutMs: DRIVE_LIMIT_MS });
  if (status === 0) return;
  const faults = (await lastLogLines(unit)).split("\n");
  throw new CombotError("DEPLOY_FAILED", `systemctl ${act} ${unit}: ${output}`, { faults });
}

/** systemd only warns of what it does not know in a unit: a warning that names a file of ours is a failure. */
export async function verifyUnits(paths: readonly string[]): Promise<void> {
  const { output } = await tryCommand("systemd-analyze", ["verify", "--man=no", ...paths]);
  const ours = output.split("\n").filter((line) => /\bcombot[-.]/.test(line));
  if (ours.length > 0)
    throw new CombotError("DEPLOY_FAILED", "systemd-analyze verify warns of a unit", { faults: ours });
}
