import { messageOf, systemCodeOf } from "../errors.ts";
import { type EnvEntry, parseEnvFile } from "./env-file.ts";
import type { Findings } from "./findings.ts";
import type { FileContent, ReadFile } from "./guarded-file.ts";
import { suggestName } from "./names.ts";
import { holdsSecret } from "./redaction.ts";
import { SETTING_NAMES, settingOf, type SettingName, VARIABLES } from "./schema.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** One place that settings come from; the higher of two layers wins. */
export interface Layer {
  readonly source: "flag" | "environment" | "file";
  /** The text of a variable and where it stands; undefined where it is not set or empty. */
  find(variable: string): Found | undefined;
}

export interface Found {
  readonly text: string;
  readonly where: string;
}

const ENVIRONMENT = "process environment";
/** Which daemon commands ask; none of a daemon's settings. */
const OF_COMMANDS = "COMBOT_URL";

export function flagLayer(flags: Environment): Layer {
  const flagOf = (variable: string) => SETTING_NAMES.find((name) => name === variable);
  return {
    source: "flag",
    find: (variable) => {
      const name = flagOf(variable);
      return found(flags[variable], (name && settingOf(name).flag) ?? "command line");
    },
  };
}

/** Names that are not ours are the rest of the system's business, except those that carry our name. */
export function environmentLayer(env: Environment, findings: Findings): Layer {
  const ours = Object.keys(env).filter((name) => name.startsWith("COMBOT_") || isFileOnly(name));
  for (const name of ours.filter((one) => one !== OF_COMMANDS))
    if (!VARIABLES.includes(name)) findings.warn(unknownName(name), ENVIRONMENT);
  return { source: "environment", find: (variable) => found(env[variable], ENVIRONMENT) };
}

/** The settings file. It is ours alone, so a name that is no setting of ours is a fault: most likely a slip. */
export function fileLayer(path: string, readFile: ReadFile, findings: Findings): Layer {
  const content = readEnvFile(path, readFile, findings);
  const { entries, faults } = parseEnvFile(content?.text ?? "");
  for (const { line, message } of faults) findings.fault(`line ${line} ${message}`, `${path}:${line}`);
  for (const { name, line } of entries) {
    if (!VARIABLES.includes(name)) findings.fault(unknownName(name), `${path}:${line}`);
  }
  if (content && (content.mode & 0o007) !== 0) warnOfOpenSecrets(path, entries, findings);
  const last = new Map(entries.map((entry) => [entry.name, entry]));
  const find = (variable: string) => found(last.get(variable)?.value, `${path}:${last.get(variable)?.line}`);
  return { source: "file", find };
}

function readEnvFile(path: string, readFile: ReadFile, findings: Findings): FileContent | undefined {
  try {
    return readFile(path);
  } catch (thrown) {
    findings.fault(`the settings file can't be read: ${systemCodeOf(thrown) ?? messageOf(thrown)}`, path);
    return undefined;
  }
}

function warnOfOpenSecrets(path: string, entries: readonly EnvEntry[], findings: Findings): void {
  for (const { name, value, line } of entries) {
    const setting = SETTING_NAMES.find((known) => known === name);
    if (setting === undefined || value === "" || !holdsSecret(value, settingOf(setting).secret)) continue;
    findings.warn(`${name} holds a secret in a file that everybody may read or write: chmod o= it`, `${path}:${line}`);
  }
}

/** An empty value counts as not set, in every layer. */
function found(text: string | undefined, where: string): Found | undefined {
  return text === undefined || text === "" ? undefined : { text, where };
}

/** Without the value: what was meant may be a password. */
function unknownName(name: string): string {
  const suggestion = suggestName(name, VARIABLES);
  return `${name} is not a setting${suggestion === undefined ? "" : `; did you mean ${suggestion}?`}`;
}

function isFileOnly(name: string): boolean {
  return SETTING_NAMES.some((known: SettingName) => known === name && settingOf(known).file === "only");
}
