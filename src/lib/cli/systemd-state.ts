import { existsSync } from "node:fs";
import type { UnitState } from "../render/status.ts";
import { ALL_UNITS } from "../unit-names.ts";

const LIMIT_MS = 1000;

/**
 * What systemd says of combot's units; null without systemd, where none is deployed, or where systemctl takes over a
 * second. `show` and not `is-active`, which calls a unit that does not exist inactive.
 */
export async function readUnitStates(): Promise<readonly UnitState[] | null> {
  if (!existsSync("/run/systemd/system")) return null;
  const args = ["show", "--property=Id,LoadState,ActiveState,SubState", ...ALL_UNITS];
  try {
    const [{ execFile }, { promisify }] = await Promise.all([import("node:child_process"), import("node:util")]);
    const { stdout } = await promisify(execFile)("systemctl", args, { timeout: LIMIT_MS });
    return parseUnitStates(stdout);
  } catch {
    return null;
  }
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
