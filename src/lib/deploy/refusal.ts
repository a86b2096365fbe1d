import { CombotError } from "../errors.ts";
import { commandAsRoot } from "./as-root.ts";
import type { PreflightFault } from "./preflight-fault.ts";

/** @throws {CombotError} `PREFLIGHT_FAILED` with all that stands in the way, and what mends each. */
export function refuse(faults: readonly PreflightFault[]): void {
  if (faults.length === 0) return;
  const lines = faults.map(({ check, found, mend }) => `${check}: ${found}. Mend it: ${mend}`);
  const detail = faults.length === 1 ? "One thing stands in the way." : `${faults.length} things stand in the way.`;
  throw new CombotError("PREFLIGHT_FAILED", detail, { faults: lines });
}

/** @throws {CombotError} `PREFLIGHT_FAILED` with the command that root would run. */
export function refuseOthers(flag: string): void {
  if (process.geteuid?.() === 0) return;
  const mend = `${commandAsRoot()} deploy ${flag}`;
  throw new CombotError("PREFLIGHT_FAILED", `this user may not change the machine: ${mend}`);
}
