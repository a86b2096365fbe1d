import { existsSync } from "node:fs";
import type { SystemdState } from "../render/status.ts";

const UNIT = "combot-enhanced";
const LIMIT_MS = 1000;

/**
 * What systemd says of combot's unit; null without systemd, without the unit, or where systemctl takes over a second.
 * `show` and not `is-active`, which calls a unit that does not exist inactive.
 */
export async function readSystemdState(): Promise<SystemdState | null> {
  if (!existsSync("/run/systemd/system")) return null;
  const args = ["show", "--property=LoadState,ActiveState,SubState", `${UNIT}.service`];
  try {
    const [{ execFile }, { promisify }] = await Promise.all([import("node:child_process"), import("node:util")]);
    const { stdout } = await promisify(execFile)("systemctl", args, { timeout: LIMIT_MS });
    return parseSystemdState(stdout);
  } catch {
    return null;
  }
}

/** @param text lines of `Property=value`. */
export function parseSystemdState(text: string): SystemdState | null {
  const property = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1];
  if (property("LoadState") !== "loaded") return null;
  return { unit: UNIT, active: property("ActiveState") ?? "unknown", sub: property("SubState") ?? "unknown" };
}
