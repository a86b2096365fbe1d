import type { LoadedSettings } from "./load.ts";
import { SETTING_NAMES, settingOf, variablesOf } from "./schema.ts";
import type { SourceKind } from "./sources.ts";

/** One line of `combot config` and one element of GET /api/config/. Safe to print: secrets are hidden in `value`. */
export interface SettingRow {
  readonly name: string;
  readonly value: string;
  readonly source: SourceKind;
  readonly sourceDetail?: string;
  readonly doc: string;
}

/** Every setting in force, in the order of docs/settings.md. */
export function describeSettings({ sources }: Pick<LoadedSettings, "sources">): readonly SettingRow[] {
  return SETTING_NAMES.map((name) => {
    const { source, detail, shown } = sources[name];
    const [variable = name] = variablesOf(name);
    return {
      name: variable,
      value: shown,
      source,
      ...(detail !== undefined && { sourceDetail: detail }),
      doc: settingOf(name).doc,
    };
  });
}
