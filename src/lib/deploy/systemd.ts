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
  const shown = await show(units, ["LoadState", "ActiveState", "UnitFileState"]);
  const states = [...shown].map(([id, property]) => {
    const state = { active: property("ActiveState"), enabled: property("UnitFileState") };
    return { id, load: property("LoadState"), state };
  });
  const known = states.filter(({ load, state }) => load !== "not-found" || state.active !== "inactive");
  return Object.fromEntries(known.map(({ id, state }) => [id, state]));
}

/** One run of a unit, from its start to its end. */
export interface UnitRun {
  readonly invocation: string;
  /** On the clock that counts from the machine's start. */
  readonly startedAtUs: number;
  /** Its files have changed since systemd read them. */
  readonly isStale: boolean;
  /** Paths of the drop-ins that systemd has read. */
  readonly dropIns: readonly string[];
}

export async function unitRuns(units: readonly string[]): Promise<Readonly<Record<string, UnitRun>>> {
  const [main, active] = ["ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"];
  const shown = await show(units, ["InvocationID", main, active, "NeedDaemonReload", "DropInPaths"]);
  const runs = [...shown].map(([id, property]): [string, UnitRun] => [
    id,
    {
      invocation: property("InvocationID"),
      startedAtUs: Number(property(main) || property(active) || 0),
      isStale: property("NeedDaemonReload") === "yes",
      dropIns: property("DropInPaths").split(" ").filter(Boolean),
    },
  ]);
  return Object.fromEntries(runs);
}

/** Properties by the unit's id; none where systemd can't be asked. */
async function show(
  units: readonly string[],
  properties: readonly string[],
): Promise<ReadonlyMap<string, (name: string) => string>> {
  const { status, output } = await tryCommand("systemctl", [
    "show",
    `--property=${["Id", ...properties].join(",")}`,
    ...units,
  ]);
  const blocks = status === 0 ? output.split("\n\n") : [];
  const readers = blocks.map((block) => {
    const property = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(block)?.[1] ?? "";
    return [property("Id"), property] as const;
  });
  return new Map(readers);
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
  // Beneath it stands where to look for what is shown here.
  const said = output.split("\n", 1)[0]?.replace(/\.$/u, "");
  throw new CombotError("DEPLOY_FAILED", `systemctl ${act} ${unit}: ${said}`, { faults });
}

/** systemd only warns of what it does not know in a unit: a warning that names a file of ours is a failure. */
export async function verifyUnits(paths: readonly string[]): Promise<void> {
  const { output } = await tryCommand("systemd-analyze", ["verify", "--man=no", ...paths]);
  const ours = output.split("\n").filter((line) => /\bcombot[-.]/.test(line));
  if (ours.length > 0)
    throw new CombotError("DEPLOY_FAILED", "systemd-analyze verify warns of a unit", { faults: ours });
}
