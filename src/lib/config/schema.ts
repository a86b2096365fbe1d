import type { z } from "zod";
import { ALERT_SETTINGS } from "./schema/alerts.ts";
import { CACHE_SETTINGS } from "./schema/cache.ts";
import { DAEMON_SETTINGS } from "./schema/daemon.ts";
import { JOURNAL_SETTINGS } from "./schema/journal.ts";
import { MEMORY_SETTINGS } from "./schema/memory.ts";
import { REDIS_SETTINGS } from "./schema/redis.ts";
import { REQUEST_SETTINGS } from "./schema/requests.ts";
import { WORKER_SETTINGS } from "./schema/workers.ts";
import type { Setting } from "./setting.ts";

/** Every setting there is: the one source of names, defaults, ranges and docs. */
export const SETTINGS = {
  ...WORKER_SETTINGS,
  ...REQUEST_SETTINGS,
  ...MEMORY_SETTINGS,
  ...CACHE_SETTINGS,
  ...REDIS_SETTINGS,
  ...JOURNAL_SETTINGS,
  ...DAEMON_SETTINGS,
  ...ALERT_SETTINGS,
} as const;

export type SettingName = keyof typeof SETTINGS;

/** Groups in the order of the docs. */
export const SETTING_GROUPS: readonly { readonly title: string; readonly names: readonly SettingName[] }[] = [
  { title: "Workers", names: namesOf(WORKER_SETTINGS) },
  { title: "Requests", names: namesOf(REQUEST_SETTINGS) },
  { title: "Memory", names: namesOf(MEMORY_SETTINGS) },
  { title: "Cache", names: namesOf(CACHE_SETTINGS) },
  { title: "Redis", names: namesOf(REDIS_SETTINGS) },
  { title: "Journal and backups", names: namesOf(JOURNAL_SETTINGS) },
  { title: "Daemon", names: namesOf(DAEMON_SETTINGS) },
  { title: "Alerts", names: namesOf(ALERT_SETTINGS) },
];

type Definition<N extends SettingName> = (typeof SETTINGS)[N];
type ValueOf<N extends SettingName> = z.output<Definition<N>["type"]["schema"]>;
type IsAlwaysSet<N extends SettingName> = Definition<N> extends { default: string } | { sizes: object } ? true : false;

/** The parsed value of every setting; undefined where it is not set and has no default. */
export type Values = {
  readonly [N in SettingName]: IsAlwaysSet<N> extends true ? ValueOf<N> : ValueOf<N> | undefined;
};

export const SETTING_NAMES: readonly SettingName[] = namesOf(SETTINGS);

/** Every environment variable that is read, `_FILE` forms included. */
export const VARIABLES: readonly string[] = SETTING_NAMES.flatMap(variablesOf);

export function settingOf(name: SettingName): Setting {
  return SETTINGS[name];
}

/** The variables that set it: NAME, NAME_FILE or both. */
export function variablesOf(name: SettingName): readonly string[] {
  const { file } = settingOf(name);
  if (file === undefined) return [name];
  return file === "only" ? [`${name}_FILE`] : [name, `${name}_FILE`];
}

function namesOf(group: object): SettingName[] {
  // Object.keys forgets the key type; every group is part of SETTINGS.
  return Object.keys(group) as SettingName[];
}
