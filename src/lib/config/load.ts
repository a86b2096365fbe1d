import { homedir } from "node:os";
import { isAbsolute } from "node:path";
import { checkTogether } from "./cross-checks.ts";
import { Findings } from "./findings.ts";
import { findGiven, type Given, type GivenContext } from "./given.ts";
import { readGuardedFile, type ReadFile } from "./guarded-file.ts";
import { type Environment, environmentLayer, fileLayer, flagLayer, type Layer } from "./layers.ts";
import { type Machine, type ProfileName, sizeFor } from "./profiles.ts";
import { redactRefused } from "./redaction.ts";
import { SETTING_NAMES, settingOf, type SettingName, type Values } from "./schema.ts";
import { type Home, type Settings, toSettings } from "./settings.ts";
import { defaultSource, givenSource, NOT_CHECKED, profileSource, type SettingSource, type Sources } from "./sources.ts";
import { isUnitProcess } from "./unit-process.ts";

export interface LoadOptions {
  /** Texts by the name of the setting they set. A relative path must have been made absolute by the command. */
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
  readonly env: Environment;
  /** The settings file, in the syntax of systemd's EnvironmentFile=. It must exist if it is named. */
  readonly envFile?: string | undefined;
  readonly machine: Machine;
  readonly readFile?: ReadFile;
  readonly homeDir?: string | null;
  /** Whether systemd runs this process as a unit; found out by default. */
  readonly isUnit?: boolean;
  /** For a check outside the unit: credentials that only the unit can read are warned about. */
  readonly isCheckOnly?: boolean;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** The same, by the names of the variables. */
  readonly values: Values;
  readonly sources: Sources;
  /** One line each; nothing to stop for. */
  readonly warnings: readonly string[];
}

/**
 * Reads every setting, in the order flag, process environment, file, profile, default. Synchronous: it reads a few
 * small files, at the start and on a reload.
 *
 * @throws {CombotError} `CONFIG_INVALID` with one line for each fault: variable, value, what is allowed, where it stands.
 */
export function loadSettings(options: LoadOptions): LoadedSettings {
  const findings = new Findings();
  const loaded = gatherSettings(options, findings);
  findings.throwIfFaulty();
  return { ...loaded(), warnings: findings.warnings };
}

/** Collects the faults; the function it returns builds the result and may be called only if there are none. */
export function gatherSettings(options: LoadOptions, findings: Findings): () => Omit<LoadedSettings, "warnings"> {
  const context = contextOf(options, findings);
  const profile = resolve("COMBOT_PROFILE", "t3.large", context, options.machine);
  const profileName = (profile?.value ?? "t3.large") as ProfileName;
  const resolved = SETTING_NAMES.flatMap((name) => {
    const hit = name === "COMBOT_PROFILE" ? profile : resolve(name, profileName, context, options.machine);
    return hit ? [{ name, ...hit }] : [];
  });
  // Each value was parsed by the type that Values takes for its name; TypeScript can't follow that through a list.
  const values = Object.fromEntries(resolved.map(({ name, value }) => [name, value])) as Partial<Values>;
  const sources = Object.fromEntries(resolved.map(({ name, source }) => [name, source])) as Partial<Sources>;
  checkTogether({ values, sources }, findings);
  return () => finish(values as Values, sources as Sources, options);
}

function contextOf(options: LoadOptions, findings: Findings): GivenContext {
  const { env, envFile, readFile = readGuardedFile } = options;
  const layers: Layer[] = [flagLayer(options.flags ?? {}), environmentLayer(env, findings)];
  if (envFile !== undefined) layers.push(fileLayer(envFile, readFile, findings));
  return {
    layers,
    readFile,
    findings,
    credentialsFolder: env["CREDENTIALS_DIRECTORY"] || undefined,
    isCheckOnly: options.isCheckOnly ?? false,
    isUnit: options.isUnit ?? isUnitProcess({ env, pid: process.pid, parentPid: process.ppid }),
  };
}

interface Resolved {
  readonly value: unknown;
  readonly source: SettingSource;
}

/** Undefined where the value is at fault, which is then among the findings. */
function resolve(
  name: SettingName,
  profile: ProfileName,
  context: GivenContext,
  machine: Machine,
): Resolved | undefined {
  const given = findGiven(name, context);
  if (given === "faulty") return undefined;
  if (given?.isUnread) return { ...fallBack(name, profile, machine), source: givenSource(name, given) };
  return given ? parseGiven(name, given, context.findings) : fallBack(name, profile, machine);
}

/** What holds where no layer sets it: the profile's value or the default. */
function fallBack(name: SettingName, profile: ProfileName, machine: Machine): Resolved {
  const { type, sizes, default: usual, stretchesTo, unset = "none" } = settingOf(name);
  if (sizes) {
    const size = String(sizeFor(sizes, profile, machine));
    return { value: type.schema.parse(size), source: profileSource(profile, machine, size) };
  }
  const text = stretchesTo === undefined ? usual : stretched(Number(usual), stretchesTo, machine);
  const source = defaultSource(text ?? unset, text === usual ? undefined : `${usual}, longer on a slow machine`);
  return { value: text === undefined ? undefined : type.schema.parse(text), source };
}

function stretched(seconds: number, most: number, { slowness = 1 }: Machine): string {
  return String(Math.min(most, Math.ceil(seconds * slowness)));
}

function parseGiven(name: SettingName, given: Given, findings: Findings): Resolved | undefined {
  const { type, secret } = settingOf(name);
  const parsed = type.schema.safeParse(given.text);
  if (parsed.success) return { value: parsed.data, source: givenSource(name, given) };
  const shown = given.file ?? redactRefused(given.text, secret);
  const [issue] = parsed.error.issues;
  if (issue?.code === "custom" && issue.params?.["isWhole"]) {
    findings.fault(`${given.variable}=${shown}: ${issue.message}`, given.where);
    return undefined;
  }
  const what = given.file === undefined ? "must be" : "its content must be";
  findings.fault(`${given.variable}=${shown}: ${what} ${type.allowed}`, given.where);
  return undefined;
}

export function homeOf({ homeDir = ownHome(), env }: LoadOptions): Home {
  return { homeDir, env };
}

/** Null for a user that the machine does not know, without HOME. */
function ownHome(): string | null {
  try {
    const found = homedir();
    return isAbsolute(found) ? found : null;
  } catch {
    return null;
  }
}

function finish(values: Values, sources: Sources, options: LoadOptions): Omit<LoadedSettings, "warnings"> {
  const settings = toSettings(values, homeOf(options), (name) => sources[name].source !== "default");
  return { settings, values, sources: { ...sources, ...derivedSources(values, sources, settings) } };
}

/** Some defaults come to something only once all is known: the folder, the journal's file, the host names. */
function derivedSources(values: Values, sources: Sources, { stateDir, database, hosts }: Settings): Partial<Sources> {
  const { COMBOT_STATE_DIR: folder, DATABASE_URL: journal, COMBOT_HOSTS: names } = sources;
  const isFile = database.kind === "sqlite" && journal.shown !== NOT_CHECKED;
  return {
    ...(values.COMBOT_STATE_DIR === undefined && { COMBOT_STATE_DIR: { ...folder, shown: stateDir } }),
    ...(isFile && { DATABASE_URL: { ...journal, shown: `sqlite:${database.path}` } }),
    ...(hosts.length > 0 && { COMBOT_HOSTS: { ...names, shown: hosts.join(",") } }),
  };
}
