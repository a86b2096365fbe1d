import { readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { parseEnvFile } from "../config/env-file.ts";
import { SETTING_NAMES, settingOf } from "../config/schema.ts";
import { secretPartsOf, type Known } from "./redactor.ts";

const SETTINGS_FILE = "/etc/combot/combot.env";
const CREDENTIALS = "/etc/combot/credentials";
/** What is shorter is a name. */
const LONG_WORD = 16;

/**
 * The secrets of this machine's combot, as far as this user may read them, so that none of them is handed on: those of
 * the settings, in files that settings name, in deploy's credentials, and in the daemon's own environment.
 */
export function findKnown(env: Readonly<Record<string, string | undefined>>, daemonPid: number | null): Known {
  const inFile = Object.fromEntries(parseEnvFile(read(SETTINGS_FILE)).entries.map(({ name, value }) => [name, value]));
  const ofDaemon = daemonPid === null ? {} : environmentOf(daemonPid);
  const surroundings = [env, inFile, ofDaemon];
  const credentials = listed(CREDENTIALS).map((name) => read(join(CREDENTIALS, name)).trim());
  return {
    secrets: [...surroundings.flatMap(secretsIn), ...credentials].flatMap(fromOne),
    hostName: hostname(),
    homes: listed("/home"),
  };
}

function secretsIn(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = SETTING_NAMES.filter((name) => settingOf(name).secret !== undefined);
  return names.flatMap((name) => {
    const path = env[`${name}_FILE`];
    // A relative one lies among the credentials of the unit.
    return [env[name] ?? "", path === undefined ? "" : read(resolve(env["CREDENTIALS_DIRECTORY"] ?? "/", path)).trim()];
  });
}

/** A file of tokens has one on a line, beside its name. */
function fromOne(value: string): string[] {
  const lines = value.split("\n").map((line) => line.trim());
  const words = lines.flatMap((line) => line.split(/[\s:=]+/).filter((word) => word.length >= LONG_WORD));
  return [...lines.flatMap(secretPartsOf), ...(value.includes("://") ? [] : words)];
}

function environmentOf(pid: number): Record<string, string> {
  const pairs = read(`/proc/${pid}/environ`).split("\0");
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

/** Empty where it can't be read. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
