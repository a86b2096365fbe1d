import { type EnvEntry, parseEnvFile } from "./env-file.ts";

/** Names that deploy decides about, whether it sets them this time or not. */
const OWN = new Set(
  [
    "COMBOT_PROFILE COMBOT_SOCKET COMBOT_STATE_DIR COMBOT_MODEL_DIR REDIS_URL REDIS_URL_FILE REDIS_USERNAME",
    "REDIS_PASSWORD REDIS_PASSWORD_FILE REDIS_HOST REDIS_PORT REDIS_DB DATABASE_URL_FILE",
  ].flatMap((names) => names.split(" ")),
);

/** Those of combot.env that an operator added. */
export function addedSettings(env: string): readonly EnvEntry[] {
  return parseEnvFile(env).entries.filter(({ name }) => !OWN.has(name));
}

/** Those that deploy wrote, by name. */
export function ownSettingsIn(env: string): Readonly<Record<string, string>> {
  const own = parseEnvFile(env).entries.filter(({ name }) => OWN.has(name));
  return Object.fromEntries(own.map(({ name, value }) => [name, value]));
}
