import { createHash } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkFile } from "../../config/check.ts";
import { ownSettingsIn } from "../../config/deployed-settings.ts";
import { findMachine } from "../../config/machine.ts";
import { type Check, fail, type Finding, ok } from "../check.ts";
import { onlyIfAbsent, type Probe } from "../probe.ts";

const SETTINGS = "/etc/combot/combot.env";
const ACL = "/etc/combot/redis.acl";
const CREDENTIALS = "/etc/combot/credentials";
const MANIFEST = "/var/lib/combot/deploy/manifest.json";

async function settings(probe: Probe): Promise<Finding> {
  if ((await probe.readIfThere(SETTINGS)) === undefined) return ok(`no ${SETTINGS}`);
  // What the unit would be handed, where we may read it.
  const env = mayRead(CREDENTIALS) ? { ...process.env, CREDENTIALS_DIRECTORY: CREDENTIALS } : process.env;
  const { faults } = checkFile(SETTINGS, { env, machine: findMachine() });
  if (faults.length === 0) return ok(SETTINGS);
  return fail(
    `${faults.length} in ${SETTINGS}`,
    `\${EDITOR:-vi} ${SETTINGS} && combot config --check ${SETTINGS}`,
    faults,
  );
}

function mayRead(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Modes of what others must not read, with the widest each may have. */
async function secrets(): Promise<Finding> {
  const names = await readdir(CREDENTIALS).catch((thrown: unknown) => onlyIfAbsent(CREDENTIALS, thrown) ?? []);
  const paths = [
    ...names.map((name) => ({ path: join(CREDENTIALS, name), widest: 0o600 })),
    { path: SETTINGS, widest: 0o640 },
    { path: ACL, widest: 0o640 },
  ];
  const open = [];
  for (const { path, widest } of paths) {
    const status = await lstat(path).catch((thrown: unknown) => onlyIfAbsent(path, thrown));
    if (status && (status.mode & 0o777 & ~widest) !== 0) open.push({ path, widest, mode: status.mode & 0o777 });
  }
  if (open.length === 0) return ok("closed to others");
  const found = open.map(({ path, mode }) => `${path} 0${mode.toString(8)}`).join(", ");
  return fail(found, open.map(({ path, widest }) => `chmod 0${widest.toString(8)} ${path}`).join(" && "));
}

async function acl(probe: Probe): Promise<Finding> {
  const text = await probe.readIfThere(ACL);
  if (text === undefined) return ok(`no ${ACL}`);
  const users = text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([word]) => word === "user");
  const open = users.filter((words) => words.includes("on") && isOpen(words));
  if (open.length === 0) return ok(`${users.length} users, each confined`);
  return fail(`not confined: ${open.map(([, name]) => name).join(", ")}`, "combot deploy --yes");
}

/** No password, every key or every command. */
function isOpen(words: readonly string[]): boolean {
  return ["nopass", "~*", "allkeys", "+@all", "allcommands"].some((word) => words.includes(word));
}

interface ManifestFile {
  readonly path: string;
  /** Octal. */
  readonly mode: string;
  readonly sha256: string;
  /** Of a file that operators add lines to: what deploy wrote there. Not told by records of before 0.2. */
  readonly settings?: Readonly<Record<string, string>>;
}

async function drift(probe: Probe): Promise<Finding> {
  const text = await probe.readIfThere(MANIFEST);
  if (text === undefined) return ok("not deployed");
  const { files = [] } = JSON.parse(text) as { files?: readonly ManifestFile[] };
  const differing = [];
  for (const file of files) if (await differs(file)) differing.push(file.path);
  if (differing.length === 0) return ok(`${files.length} files as deployed`);
  return fail(`not as deployed: ${differing.join(", ")}`, "combot deploy --yes");
}

async function differs({ path, mode, sha256, settings }: ManifestFile): Promise<boolean> {
  try {
    const status = await lstat(path);
    const content = await (status.isSymbolicLink() ? readlink(path) : readFile(path));
    if ((status.mode & 0o777) !== parseInt(mode, 8)) return true;
    // Lines of the operator's are no drift: to add one and reload is the way.
    if (settings !== undefined) return !isDeepStrictEqual(ownSettingsIn(content.toString()), settings);
    return path !== SETTINGS && createHash("sha256").update(content).digest("hex") !== sha256;
  } catch (thrown) {
    onlyIfAbsent(path, thrown);
    return true;
  }
}

export const FILE_CHECKS: readonly Check[] = [
  {
    name: "settings",
    meaning: "Whether /etc/combot/combot.env, and the files it names, would be taken at the next start or reload.",
    cause: "A slip in an edit: the daemon runs on with what it has, and would not start again.",
    run: settings,
  },
  {
    name: "secrets",
    meaning: "Whether credentials, settings and Redis' users are closed to others.",
    cause: "Copied or edited with a tool that does not keep modes.",
    run: secrets,
  },
  {
    name: "redis-acl",
    meaning: "Whether every user of the managed Redis has a password, and its own keys and commands alone.",
    cause: "Widened by hand.",
    run: acl,
  },
  {
    name: "drift",
    meaning:
      "Whether the files that combot deploy wrote are as it wrote them; lines that you add to combot.env are none.",
    cause: "Edited by hand. Changes of your own belong in drop-ins (systemctl edit), settings in combot.env.",
    run: drift,
  },
];
