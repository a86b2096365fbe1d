import { isDeepStrictEqual } from "node:util";
import { homeOf, loadSettings, type LoadedSettings, type LoadOptions } from "./load.ts";
import { SETTING_NAMES, settingOf, type SettingName, type Values, variablesOf } from "./schema.ts";
import { toSettings } from "./settings.ts";
import type { Sources } from "./sources.ts";

export interface Reload {
  /** In force from now on: what a reload may change as it was read now, everything else as it was. */
  readonly loaded: LoadedSettings;
  /** Variables with another value than before. */
  readonly changed: readonly string[];
  /** Variables with another value than the one in force, which takes a restart. */
  readonly needRestart: readonly string[];
}

export function isLive(name: SettingName): boolean {
  return settingOf(name).live ?? false;
}

/**
 * Reads every setting again.
 *
 * @throws {CombotError} `CONFIG_INVALID`, with every fault, also of settings that would take a restart.
 */
export function reloadSettings(running: LoadedSettings, options: LoadOptions): Reload {
  const read = loadSettings(options);
  const differing = SETTING_NAMES.filter((name) => !isDeepStrictEqual(read.values[name], running.values[name]));
  const chosen = <T extends Values | Sources>(now: T, before: T): T =>
    Object.fromEntries(SETTING_NAMES.map((name) => [name, (isLive(name) ? now : before)[name]])) as T;
  const values = chosen(read.values, running.values);
  const sources = chosen(read.sources, running.sources);
  return {
    loaded: {
      settings: toSettings(values, homeOf(options), (name) => sources[name].source !== "default"),
      values,
      sources,
      warnings: read.warnings,
    },
    changed: differing.filter(isLive).map(variableOf),
    needRestart: differing.filter((name) => !isLive(name)).map(variableOf),
  };
}

/** As an operator knows it. */
function variableOf(name: SettingName): string {
  return variablesOf(name)[0] ?? name;
}
