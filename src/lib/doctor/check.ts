import type { Probe } from "./probe.ts";

export type CheckStatus = "ok" | "warn" | "fail";

/** What a check found out. */
export interface Finding {
  readonly status: CheckStatus;
  readonly found: string;
  /** The command that mends it; for a shell, as root. */
  readonly command?: string;
  readonly details?: readonly string[];
}

/** One question put to the machine. Its words are those of docs/doctor.md. */
export interface Check {
  readonly name: string;
  /** What is looked at, and what a bad answer means. */
  readonly meaning: string;
  /** How it comes to that. */
  readonly cause: string;
  readonly run: (probe: Probe) => Promise<Finding>;
}

export type CheckResult = Pick<Check, "name"> & Finding;

export function ok(found: string, details?: readonly string[]): Finding {
  return { status: "ok", found, ...(details && { details }) };
}

export function warn(found: string, command: string, details?: readonly string[]): Finding {
  return { status: "warn", found, command, ...(details && { details }) };
}

export function fail(found: string, command: string, details?: readonly string[]): Finding {
  return { status: "fail", found, command, ...(details && { details }) };
}
