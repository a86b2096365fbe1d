import { describeSettings, type SettingRow } from "./describe.ts";
import { Findings } from "./findings.ts";
import type { ReadFile } from "./guarded-file.ts";
import type { Environment } from "./layers.ts";
import { gatherSettings } from "./load.ts";
import type { Machine } from "./profiles.ts";

export interface CheckOptions {
  /** Only $CREDENTIALS_DIRECTORY and $XDG_STATE_HOME are taken from it. */
  readonly env: Environment;
  readonly machine: Machine;
  readonly readFile?: ReadFile;
  readonly homeDir?: string | null;
}

export interface FileCheck {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
  /** What would be in force; empty where there are faults. */
  readonly settings: readonly SettingRow[];
}

/**
 * Checks a settings file by itself: what the environment of this shell sets neither hides its faults nor adds any.
 * Credentials by relative name are not read where there is no $CREDENTIALS_DIRECTORY; a warning says so.
 */
export function checkFile(path: string, { env, ...options }: CheckOptions): FileCheck {
  const findings = new Findings();
  const kept = Object.fromEntries(["CREDENTIALS_DIRECTORY", "XDG_STATE_HOME"].map((name) => [name, env[name]]));
  const load = gatherSettings({ ...options, env: kept, envFile: path, isUnit: false, isCheckOnly: true }, findings);
  const { faults, warnings } = findings;
  return { faults, warnings, settings: faults.length > 0 ? [] : describeSettings(load()) };
}
