import { isAbsolute, join, relative, resolve } from "node:path";
import { messageOf, systemCodeOf } from "../errors.ts";
import type { Findings } from "./findings.ts";
import type { ReadFile } from "./guarded-file.ts";
import type { Layer } from "./layers.ts";
import { holdsSecret, redactRefused, redactValue } from "./redaction.ts";
import { settingOf, type SettingName, variablesOf } from "./schema.ts";

/** The text that some layer gives a setting. */
export interface Given {
  /** NAME or NAME_FILE, as the operator wrote it. */
  readonly variable: string;
  readonly source: Layer["source"];
  readonly where: string;
  readonly text: string;
  /** The file that `text` was read from, if it came by NAME_FILE. */
  readonly file?: string;
  /** A credential that could not be looked at, in a check outside the unit; `text` says nothing then. */
  readonly isUnread?: true;
}

export interface GivenContext {
  readonly layers: readonly Layer[];
  readonly readFile: ReadFile;
  /** $CREDENTIALS_DIRECTORY: where relative names in NAME_FILE are looked up. */
  readonly credentialsFolder: string | undefined;
  /** Whether a relative name without a credentials folder is only warned about: a check outside the unit can't read it. */
  readonly isCheckOnly: boolean;
  readonly isUnit: boolean;
  readonly findings: Findings;
}

const FAULTY = "faulty";

/** What the highest layer that sets the setting says; undefined where none does, "faulty" where it can't be used. */
export function findGiven(name: SettingName, context: GivenContext): Given | undefined | typeof FAULTY {
  for (const layer of context.layers) {
    const hits = variablesOf(name).flatMap((variable) => {
      const hit = layer.find(variable);
      return hit ? [{ ...hit, variable, source: layer.source }] : [];
    });
    const [first, second] = hits;
    if (first && second) {
      context.findings.fault(`${first.variable} and ${second.variable} are both set: keep one of them`, first.where);
      return FAULTY;
    }
    if (first) return first.variable === name ? plainValue(name, first, context) : fileValue(name, first, context);
  }
  return undefined;
}

/**
 * A unit's environment is no place for a secret: `systemctl show` prints what Environment= says to every user, and
 * every child inherits it. The settings file may hold one: it never becomes environment.
 */
function plainValue(name: SettingName, given: Given, { isUnit, findings }: GivenContext): Given | typeof FAULTY {
  const { secret, file } = settingOf(name);
  if (!isUnit || given.source !== "environment" || !file || !holdsSecret(given.text, secret)) return given;
  const what = secret === "whole" ? "is a password" : "holds a password";
  const shown = `${name}=${redactValue(given.text, secret)}`;
  findings.fault(`${shown}: ${what} in a unit's environment; set ${name}_FILE in its place`, given.where);
  return FAULTY;
}

function fileValue(name: SettingName, given: Given, context: GivenContext): Given | typeof FAULTY {
  const { credentialsFolder, findings } = context;
  const label = `${given.variable}=${redactRefused(given.text, undefined)}`;
  const isName = !isAbsolute(given.text);
  if (isName && credentialsFolder === undefined && context.isCheckOnly) {
    findings.warn(`${label}: not checked, the unit alone can read its credentials`, given.where);
    return { ...given, text: "", isUnread: true };
  }
  const isPublic = settingOf(name).isPublicFile ?? false;
  const read = isName ? readCredential(given.text, context) : readSecret(resolve(given.text), context, isPublic);
  if (typeof read !== "string") return { ...given, ...read };
  findings.fault(`${label}: ${read}`, given.where);
  return FAULTY;
}

/** The content, or why it can't be used. */
type SecretRead = { readonly text: string; readonly file: string } | string;

function readCredential(name: string, context: GivenContext): SecretRead {
  if (name.includes("/")) return "must be an absolute path, or the name of a credential, without /";
  if (context.credentialsFolder !== undefined) return readSecret(join(context.credentialsFolder, name), context);
  return "must be an absolute path where there is no $CREDENTIALS_DIRECTORY to find a name in";
}

function readSecret(file: string, { readFile, credentialsFolder }: GivenContext, isPublic = false): SecretRead {
  try {
    const { text, mode } = readFile(file);
    // systemd gives the unit's user an ACL on its credentials, which shows in the group bits of the mode.
    const isOpen = !isPublic && (mode & 0o077) !== 0 && !isInside(credentialsFolder, file);
    if (isOpen) return `others may use the file (mode 0${mode.toString(8)}): chmod 600 it`;
    const value = text.replace(/\r?\n$/, "");
    return value === "" ? "the file is empty" : { text: value, file };
  } catch (thrown) {
    return `the file can't be read: ${systemCodeOf(thrown) ?? messageOf(thrown)}`;
  }
}

function isInside(folder: string | undefined, file: string): boolean {
  if (folder === undefined) return false;
  const path = relative(resolve(folder), file);
  return path !== "" && !path.startsWith("..") && !isAbsolute(path);
}
