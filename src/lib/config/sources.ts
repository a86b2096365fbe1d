import { formatBytes } from "../units.ts";
import type { Given } from "./given.ts";
import type { Machine, ProfileName } from "./profiles.ts";
import { redactValue } from "./redaction.ts";
import { settingOf, type SettingName } from "./schema.ts";

export type SourceKind = "flag" | "environment" | "file" | "profile" | "default";

/** Where a setting's value came from, and the value as it may be printed. */
export interface SettingSource {
  readonly source: SourceKind;
  /** The flag, the file and line, the profile; for a NAME_FILE also that variable and the file. */
  readonly detail?: string;
  /** The text of the value, secrets hidden. */
  readonly shown: string;
}

/** Shown for a credential that a check outside the unit could not read. */
export const NOT_CHECKED = "not checked";

export type Sources = Readonly<Record<SettingName, SettingSource>>;

export function givenSource(
  name: SettingName,
  { variable, source, where, text, file, isUnread }: Given,
): SettingSource {
  const via = file === undefined ? "" : `, ${variable}=${file}`;
  const place = source === "environment" ? via.slice(2) : `${where}${via}`;
  const shown = isUnread ? NOT_CHECKED : redactValue(text, settingOf(name).secret);
  return { source, ...(place && { detail: place }), shown };
}

export function profileSource(profile: ProfileName, machine: Machine, text: string): SettingSource {
  const found = `${machine.cores} cores, ${formatBytes(machine.memoryBytes)}`;
  return { source: "profile", detail: profile === "auto" ? `auto: ${found}` : profile, shown: text };
}

export function defaultSource(shown: string, detail?: string): SettingSource {
  return { source: "default", ...(detail !== undefined && { detail }), shown };
}
