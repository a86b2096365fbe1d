import { existsSync } from "node:fs";
import type { UnitState } from "../render/status.ts";
import { messageOf } from "../errors.ts";
import { ALL_UNITS } from "../unit-names.ts";

/** Units are null where there are none; `detail` says why where there may be some all the same. */
export interface UnitsFound {
  readonly units: readonly UnitState[] | null;
  readonly detail?: string;
}

/**
 * What systemd says of combot's units: none without systemd, or where none is deployed. `show` and not `is-active`, which
 * calls a unit that does not exist inactive.
 *
 * @param timeoutMs for systemctl, which takes seconds on a machine that is busy; undefined = none.
 */
export async function readUnitStates(timeoutMs: number | undefined): Promise<UnitsFound> {
  if (!existsSync("/run/systemd/system")) return { units: null };
  const args = ["show", "--property=Id,LoadState,ActiveState,SubState", ...ALL_UNITS];
  const [{ execFile }, { promisify }] = await Promise.all([import("node:child_process"), import("node:util")]);
  try {
    const { stdout } = await promisify(execFile)("systemctl", args, { timeout: timeoutMs ?? 0 });
    return { units: parseUnitStates(stdout) };
  } catch (thrown) {
    return { units: null, detail: whyNot(thrown, timeoutMs) };
  }
}

function whyNot(thrown: unknown, timeoutMs: number | undefined): string {
  const { killed, stderr } = thrown as { readonly killed?: boolean; readonly stderr?: string };
  if (killed && timeoutMs !== undefined) return `Not known: systemctl gave no answer within ${timeoutMs / 1000} s.`;
  return `Not known: ${stderr?.trim().split("\n")[0] || messageOf(thrown)}`;
}

/** @param text a block of `Property=value` for each unit, an empty line between them. */
export function parseUnitStates(text: string): readonly UnitState[] | null {
  const blocks = text.split("\n\n").map((block) => {
    return (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(block)?.[1] ?? "unknown";
  });
  const units = blocks
    .filter((property) => property("LoadState") === "loaded")
    .map((property) => ({ unit: property("Id"), active: property("ActiveState"), sub: property("SubState") }));
  return units.length > 0 ? units : null;
}
