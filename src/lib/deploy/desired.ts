import { createHash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { type EnvEntry, formatEnvLine } from "../config/env-file.ts";
import type { Facts, Wishes } from "./facts.ts";
import { addedSettings } from "../config/deployed-settings.ts";
import { PATHS } from "./paths.ts";
import { JOBS, LASTING_UNITS, REDIS, SERVICE, SOCKET, TARGET } from "../unit-names.ts";
import { redisConfigFor } from "./redis-config.ts";
import type { DesiredFile } from "./desired-file.ts";
import { sharedFiles } from "./shared-files.ts";
import { inMib, sizesFor, type Sizes } from "./sizes.ts";
import { type TcpAddress, tcpAddressOf } from "./tcp-address.ts";
import { renderTemplate } from "./templates.ts";

export interface Desired {
  readonly files: readonly DesiredFile[];
  /** Units to be enabled and running, in the order of their start. */
  readonly units: readonly string[];
  /** Names of the files in the folder of credentials that the daemon's unit takes. */
  readonly credentials: readonly string[];
  readonly sizes: Sizes;
}

/** Secrets by the name of their credential. */
export type Secrets = Readonly<Record<string, string>>;

type EnvSetting = readonly [name: string, value: string, why: string];

/** Files and units that the machine is to have. Pure: what can't be computed comes as facts and secrets. */
export function desiredState(facts: Facts, wishes: Wishes, secrets: Secrets): Desired {
  const sizes = sizesFor(wishes.profile, facts.machine.memoryBytes);
  const isManaged = wishes.redis === "managed" && secrets["redis-url"] === undefined;
  const units = LASTING_UNITS.filter((unit) => isManaged || unit !== REDIS);
  const settings = ownSettings(wishes, secrets, isManaged);
  const kept = keptSettings(facts.files[PATHS.env]?.content ?? "", settings);
  const credentials = credentialsOf(settings, kept);
  const tcp = tcpAddressOf(kept);
  const values = {
    ...templateValues(facts, wishes, sizes),
    redis: isManaged ? "managed" : "other",
    units,
    socket: SOCKET,
    settings,
    kept,
    credentials,
    tcp,
    envLine: formatEnvLine,
    localOnly: isManaged && secrets["database-url"] === undefined && !leavesMachine(kept, tcp),
    digests: {
      combot: digestOf(secrets["redis-password"]),
      app: digestOf(secrets["redis-app-password"]),
      ops: digestOf(secrets["redis-ops-password"]),
    },
  };
  const jobs = [...units, ...JOBS];
  const files = [
    plain(PATHS.sysusers, renderTemplate("sysusers.conf", values)),
    plain(PATHS.tmpfiles, renderTemplate("tmpfiles.conf", values)),
    ...secretFiles(secrets, isManaged, credentials),
    { ...plain(PATHS.env, renderTemplate("combot.env", values)), mode: 0o640, owner: "root:combot", readBy: [SERVICE] },
    ...(isManaged ? redisFiles(values) : []),
    ...jobs.map((unit) => unitFile(unit, values)),
    ...sharedFiles(facts),
  ];
  return { files, units, credentials, sizes };
}

function templateValues(facts: Facts, wishes: Wishes, sizes: Sizes) {
  const redis = facts.redis ?? { kind: "redis" as const, binary: "/usr/bin/redis-server", version: "7.0" };
  const { directives, reset, combot, app, ops } = redisConfigFor(redis);
  return {
    current: PATHS.current,
    libraries: facts.nodeLibrary === null ? null : `${PATHS.current}/lib`,
    envFile: PATHS.env,
    runDir: PATHS.run,
    stateDir: PATHS.state,
    deployDir: PATHS.deploy,
    credentialsDir: PATHS.credentials,
    arithmetic: sizes.arithmetic,
    memoryMax: inMib(sizes.combotBytes, "M"),
    redisKind: redis.kind === "valkey" ? "Valkey" : "Redis",
    redisVersion: redis.version,
    redisBinary: redis.binary,
    redisConf: PATHS.redisConf,
    redisAcl: PATHS.redisAcl,
    redisRunDir: PATHS.redisRun,
    redisPort: wishes.redisPort,
    redisMemoryMax: inMib(sizes.redisBytes, "M"),
    redisMaxMemory: inMib(sizes.redisMaxBytes, "mb"),
    redisDirectives: directives,
    aclReset: reset,
    aclCombot: combot,
    aclApp: app,
    aclOps: ops,
  };
}

function ownSettings({ profile, modelDir }: Wishes, secrets: Secrets, isManaged: boolean): EnvSetting[] {
  const redis: EnvSetting[] = isManaged
    ? [
        ["REDIS_URL", `unix://${PATHS.redisRun}/redis.sock`, "The managed Redis, on its Unix socket."],
        ["REDIS_USERNAME", "combot", "Its user for combot, confined to combot's keys."],
        ["REDIS_PASSWORD_FILE", "redis-password", "A credential of the unit, never in an environment."],
      ]
    : secrets["redis-url"] === undefined
      ? [["REDIS_URL", "off", "No Redis: answers are cached in memory alone."]]
      : [["REDIS_URL_FILE", "redis-url", "A Redis that is not combot's own; a credential of the unit."]];
  return [
    ["COMBOT_PROFILE", profile, "Size of the machine; workers, users and cache follow from it."],
    ["COMBOT_SOCKET", `${PATHS.run}/combot.sock`, "As in combot-enhanced.socket."],
    ["COMBOT_STATE_DIR", PATHS.state, "The one folder that the daemon may write to."],
    ...(modelDir === null ? [] : [["COMBOT_MODEL_DIR", modelDir, "The model that is served."] as const]),
    ...redis,
    ...(secrets["database-url"] === undefined
      ? []
      : [["DATABASE_URL_FILE", "database-url", "The journal's database; a credential of the unit."] as const]),
  ];
}

function keptSettings(text: string, settings: readonly EnvSetting[]): readonly EnvEntry[] {
  const own = new Set(settings.map(([name]) => name));
  return addedSettings(text).filter(({ name }) => !own.has(name));
}

/** Settings NAME_FILE with a relative name are credentials of the unit, those of the operator too. */
function credentialsOf(settings: readonly EnvSetting[], kept: readonly EnvEntry[]): readonly string[] {
  const all = [...settings.map(([name, value]) => ({ name, value })), ...kept];
  return all
    .filter(({ name, value }) => name.endsWith("_FILE") && value !== "" && !isAbsolute(value) && !value.includes("/"))
    .map(({ value }) => value);
}

/** With one of these the daemon talks to, or is talked to by, other machines. */
function leavesMachine(kept: readonly EnvEntry[], tcp: TcpAddress | null): boolean {
  const value = (name: string): string => kept.findLast((entry) => entry.name === name)?.value ?? "";
  const isOpen = !["", "off"].includes(value("COMBOT_LISTEN")) && !tcp?.isLoopback;
  return isOpen || value("ALERT_WEBHOOK_URL_FILE") !== "" || value("DATABASE_URL").startsWith("postgres");
}

function secretFiles(secrets: Secrets, isManaged: boolean, credentials: readonly string[]): DesiredFile[] {
  return Object.entries(secrets)
    .filter(([name]) => isManaged || !name.startsWith("redis-") || name === "redis-url")
    .map(([name, value]) => ({
      path: join(PATHS.credentials, name),
      mode: 0o600,
      owner: "root:root",
      content: `${value}\n`,
      isSecret: true,
      readBy: credentials.includes(name) ? [SERVICE] : [],
    }));
}

function redisFiles(values: object): DesiredFile[] {
  const file = { mode: 0o640, owner: "root:combot-redis", isSecret: false, readBy: [REDIS] };
  return [
    { ...file, path: PATHS.redisConf, content: renderTemplate("redis.conf", values) },
    { ...file, path: PATHS.redisAcl, content: renderTemplate("redis.acl", values) },
  ];
}

function unitFile(unit: string, values: object): DesiredFile {
  const isJob = JOBS.some((job) => job === unit) || unit === TARGET;
  const readBy = unit === SOCKET ? [SOCKET, SERVICE] : isJob ? [] : [unit];
  return { ...plain(join(PATHS.units, unit), renderTemplate(unit, values)), readBy };
}

function plain(path: string, content: string): DesiredFile {
  return { path, mode: 0o644, owner: "root:root", content, isSecret: false, readBy: [] };
}

/** The form in which an ACL file holds a password. */
function digestOf(secret = ""): string {
  return createHash("sha256").update(secret).digest("hex");
}
