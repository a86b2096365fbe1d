/** Writes docs/settings.md from the schema; with --check, exits 1 where the file differs from it. */
import { readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import type { Setting } from "../src/lib/config/setting.ts";
import { isLive } from "../src/lib/config/reload.ts";
import { SETTING_GROUPS, SETTING_NAMES, settingOf, type SettingName, variablesOf } from "../src/lib/config/schema.ts";

export const SETTINGS_DOCS = new URL("../docs/settings.md", import.meta.url);

const LIVE = SETTING_NAMES.filter(isLive)
  .flatMap((name) => variablesOf(name).slice(0, 1))
  .map(code)
  .join(", ");

const INTRODUCTION = `# Settings

<!-- Written by scripts/settings-docs.ts from src/lib/config/schema/: change it there. -->

Settings are environment variables. Each is taken from the first of these that sets it: a command-line flag, the
process environment, the settings file (\`combot daemon --env-file FILE\`, \`/etc/combot/combot.env\` after a deploy), the
profile, the default. An empty value counts as not set. A bad value stops the start with exit status 2 and one line for
each fault. \`combot config\` prints every setting in force and where it came from; \`combot config --check FILE\` checks a
file by itself.

## The settings file

It has the syntax of systemd's \`EnvironmentFile=\` (systemd.exec(5)): one \`NAME=value\` a line, comments on lines that
begin with \`#\` or \`;\`, values bare or in single or double quotes, a backslash at the end of a line continues it, a later
line outranks an earlier one. Nothing after a value is a comment. What systemd skips without a word is a fault here: a
line without \`=\`, a name that is no setting, a quote that is never closed. The daemon reads the file itself, so a reload
reads it again, and nothing in it becomes part of any process's environment.

## Secrets

A variable that ends in \`_FILE\` names a file that holds the value; one line end at its end is dropped. The file must not
be open to anybody but its owner (mode 0600 or 0400). A name without \`/\` is looked up in \`$CREDENTIALS_DIRECTORY\`, where
systemd's \`LoadCredential=\` puts it; the modes that systemd sets there are accepted. In one place (environment or file) at
most one of \`NAME\` and \`NAME_FILE\` may be set. In the environment of a systemd unit a password, or a URL that holds one,
is refused: use the \`_FILE\` form. Passwords, tokens, user information and queries in URLs, and the paths of webhooks are
never printed.

## Reload

\`systemctl reload combot-enhanced\` (SIGHUP, which only a daemon that systemd runs takes for it) reads the settings again. On a
terminal SIGHUP ends the daemon in order; one that writes to none, as nohup leaves it, goes on. After a reload
these are in force at once, for workers that run as well:
${LIVE}.

The others take a restart: the log and the unit's status line (\`systemctl status\`) name those that have changed. Faulty
settings change nothing; the log has the faults.

A secret is read again with the file that it is in. A credential of the unit is a copy that systemd made when it started
the unit, so a new webhook in one takes a restart. To change it with a reload, name a file of the daemon's own by its
path: \`install -m 0600 -o combot FILE /etc/combot/webhook\`, and \`ALERT_WEBHOOK_URL_FILE=/etc/combot/webhook\`. So with
named tokens: \`COMBOT_TOKENS_FILE=/etc/combot/tokens\`.

## The sockets

Without \`--socket\` and \`COMBOT_SOCKET\` the user socket is the first of \`/run/combot/combot.sock\` where that is there,
\`$XDG_RUNTIME_DIR/combot/combot.sock\`, and \`combot-<uid>/combot.sock\` in the temporary folder. The last folder is made
with mode 0700, and refused unless it is a real directory of our own with that mode. The control socket is
\`control.sock\` in the same folder.

## Rules between settings

- The four memory levels rise strictly: \`MEMORY_WARNING\` < \`MAX_MEMORY_USAGE\` < \`MEMORY_FORCE_CLEANUP\` <
  \`CRITICAL_MEMORY_USAGE\`.
- \`REDIS_URL\` outranks \`REDIS_HOST\` and \`REDIS_PORT\`, wherever each is set. \`REDIS_DB\`, \`REDIS_USERNAME\` and
  \`REDIS_PASSWORD\` fill in what the URL leaves out. With several hosts in it the database must be 0.
- All tokens must differ. \`COMBOT_TOKENS_FILE\` has a line for each ([tokens](http.md#tokens)). With \`COMBOT_LISTEN\` and
  no token, nothing but \`GET /api/health/\` answers over TCP.

## Profiles

\`COMBOT_PROFILE\` sizes combot for a t3.large (2 cores, 8 GiB), for a t3.xlarge (4 cores, 16 GiB), or, with \`auto\`, for
the cores and memory found. On those two machines \`auto\` comes to what their own profiles say.

`;

const PROFILE_HEAD = "| variable | t3.large | t3.xlarge | auto |\n| --- | --- | --- | --- |\n";
const GROUP_HEAD = "| variable | default | allowed | unit | meaning |\n| --- | --- | --- | --- | --- |\n";

/** The whole page, formatted as prettier would. */
export function settingsDocs(): Promise<string> {
  const sized = SETTING_GROUPS.flatMap(({ names }) => names.filter((name) => settingOf(name).sizes !== undefined));
  const profiles = PROFILE_HEAD + sized.map(profileRow).join("");
  const groups = SETTING_GROUPS.map(({ title, names }) => `## ${title}\n\n${GROUP_HEAD}${names.map(row).join("")}\n`);
  return format(`${INTRODUCTION}${profiles}\n${groups.join("\n")}`, { parser: "markdown", printWidth: 120 });
}

function profileRow(name: SettingName): string {
  const { sizes } = settingOf(name);
  return sizes ? cells([code(name), String(sizes["t3.large"]), String(sizes["t3.xlarge"]), sizes.autoDoc]) : "";
}

function row(name: SettingName): string {
  const setting = settingOf(name);
  const { type, unit = "", doc } = setting;
  return cells([
    variablesOf(name).map(code).join(", "),
    defaultOf(setting),
    allowedOf(setting, type.allowed),
    unit,
    doc,
  ]);
}

function defaultOf({ default: text, sizes, unset = "none" }: Setting): string {
  if (sizes) return `${sizes["t3.large"]}; t3.xlarge: ${sizes["t3.xlarge"]}`;
  return text === undefined ? unset : code(text);
}

function allowedOf({ file }: Setting, allowed: string): string {
  return file === "only" ? `a file that holds ${allowed}` : allowed;
}

function cells(texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}

async function main(isCheck: boolean): Promise<void> {
  const page = await settingsDocs();
  if (!isCheck) return writeFileSync(SETTINGS_DOCS, page);
  if (readFileSync(SETTINGS_DOCS, "utf8") === page) return;
  process.stderr.write("docs/settings.md differs from the schema: node scripts/settings-docs.ts\n");
  process.exitCode = 1;
}

if (import.meta.main) await main(process.argv.includes("--check"));
