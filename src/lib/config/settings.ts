import { isAbsolute, join } from "node:path";
import { CombotError } from "../errors.ts";
import type { CompatProtocol } from "../compat-protocols.ts";
import type { HostPort } from "./address-types.ts";
import type { ProfileName } from "./profiles.ts";
import type { Values } from "./schema.ts";
import type { WEBHOOK_FORMATS } from "./schema/alerts.ts";
import type { LOG_LEVELS } from "./schema/daemon.ts";
import type { NamedToken } from "./tokens-file.ts";
import type { DatabaseTarget, RedisTarget } from "./store-types.ts";

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Usage from which each level holds, as ratios; they rise strictly. */
export interface MemoryThresholds {
  readonly warning: number;
  readonly high: number;
  readonly critical: number;
  readonly emergency: number;
}

/** From where alerts fire; shares are ratios. */
export interface AlertSettings {
  readonly errorRate: number;
  readonly crashes: number;
  /** A multiple of the share's own noise. */
  readonly drift: number;
  readonly windowMs: number;
  readonly hitRate: number;
  readonly expired: number;
  readonly cacheWindowMs: number;
  readonly redisMemory: number;
  readonly diskFree: number;
  readonly afterMs: number;
}

export interface RedisLogin {
  /** 0 for Redis Cluster. */
  readonly db: number;
  readonly username: string | null;
  readonly password: string | null;
  readonly sentinelPassword: string | null;
  /** In PEM; what is missing is Node's default. */
  readonly certificates: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface RedisOrigin {
  /** Nobody named it: it is where one usually is, and none there is no trouble. */
  readonly isAssumed: boolean;
}

export type RedisPlace = Exclude<RedisTarget, { readonly kind: "off" }> & RedisLogin;

export type RedisSettings = { readonly kind: "off" } | (RedisPlace & RedisOrigin);

/** Every setting, parsed and checked once; whoever gets it may trust it. Holds secrets: never print or send it. */
export interface Settings {
  readonly profile: ProfileName;
  readonly workers: number;
  /** 0 = off. */
  readonly maxUsersPerProcess: number;
  /** 0 = off. */
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  /** 0 = off. */
  readonly recycleIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly modelLoadTimeoutMs: number;
  readonly queueMaxTexts: number;
  readonly keepAliveMs: number;
  readonly preload: boolean;
  /** 0 = after every batch, -1 = never. */
  readonly modelIdleUnloadMs: number;
  readonly memory: MemoryThresholds;
  /** Null: as found on the machine or in its cgroup. */
  readonly memoryLimitBytes: number | null;
  /** Whose memory usage is of. */
  readonly memorySource: Values["MEMORY_SOURCE"];
  readonly cacheTtlMs: number;
  readonly maxCacheEntries: number;
  readonly cacheWarm: boolean;
  readonly redis: RedisSettings;
  /** The path of an SQLite file is absolute. */
  readonly database: DatabaseTarget;
  readonly databasePoolMax: number;
  readonly journalText: boolean;
  readonly journalRetentionMs: number;
  readonly backupKeep: number;
  /** Null: chosen by `socketForDaemon`. */
  readonly socketPath: string | null;
  /** Null: no TCP listener. */
  readonly listen: HostPort | null;
  readonly token: string | null;
  readonly adminToken: string | null;
  /** Of COMBOT_TOKENS_FILE. */
  readonly tokens: readonly NamedToken[];
  /** Names and addresses a Host header may carry: lower case, no port, IPv6 without brackets. Empty without `listen`. */
  readonly hosts: readonly string[];
  /** TCP connections that one peer may have open. */
  readonly listenMaxPerPeer: number;
  /** Null: the bundled model. */
  readonly modelDir: string | null;
  /** Null: no models beside the default one. */
  readonly modelsDir: string | null;
  readonly stateDir: string;
  readonly alertWebhookUrl: string | null;
  readonly alertWebhookFormat: (typeof WEBHOOK_FORMATS)[number];
  /** From where alerts fire. */
  readonly alerts: AlertSettings;
  /** From the signal to stop until the listeners close. */
  readonly drainDelayMs: number;
  readonly compat: readonly CompatProtocol[];
  readonly accessLog: boolean;
  /** Where spans are posted; null: nowhere. */
  readonly otlpTracesUrl: string | null;
  readonly logLevel: LogLevel;
}

export interface Home {
  /** Null where this user has none. */
  readonly homeDir: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * `$XDG_STATE_HOME/combot` or `~/.local/state/combot`; a relative XDG_STATE_HOME is ignored, as its specification says.
 *
 * @throws {CombotError} `CONFIG_INVALID` where there is neither.
 */
export function defaultStateDir({ homeDir, env }: Home): string {
  const stateHome = env["XDG_STATE_HOME"] ?? "";
  if (isAbsolute(stateHome)) return join(stateHome, "combot");
  if (homeDir !== null) return join(homeDir, ".local", "state", "combot");
  throw new CombotError("CONFIG_INVALID", "This user has no home folder to keep the state in: set COMBOT_STATE_DIR.");
}

/** @param isGiven whether somebody said so, and it is no default. */
export function toSettings(values: Values, home: Home, isGiven: (name: keyof Values) => boolean): Settings {
  const stateDir = values.COMBOT_STATE_DIR ?? defaultStateDir(home);
  return {
    ...servingPart(values),
    ...storePart(values, stateDir, isGiven),
    ...daemonPart(values),
    ...alertPart(values),
    stateDir,
  };
}

function servingPart(values: Values) {
  return {
    profile: values.COMBOT_PROFILE,
    workers: values.WORKERS,
    maxUsersPerProcess: values.MAX_USERS_PER_PROCESS,
    maxRequests: values.MAX_REQUESTS,
    maxRequestsJitter: values.MAX_REQUESTS_JITTER,
    recycleIntervalMs: values.PROCESS_RECYCLE_INTERVAL,
    requestTimeoutMs: values.REQUEST_TIMEOUT,
    modelLoadTimeoutMs: values.MODEL_LOAD_TIMEOUT,
    queueMaxTexts: values.QUEUE_MAX_TEXTS,
    keepAliveMs: values.KEEPALIVE,
    preload: values.PRELOAD,
    modelIdleUnloadMs: values.MODEL_IDLE_UNLOAD,
    memory: {
      warning: values.MEMORY_WARNING,
      high: values.MAX_MEMORY_USAGE,
      critical: values.MEMORY_FORCE_CLEANUP,
      emergency: values.CRITICAL_MEMORY_USAGE,
    },
    memoryLimitBytes: values.MEMORY_LIMIT,
    memorySource: values.MEMORY_SOURCE,
    cacheTtlMs: values.CACHE_TTL,
    maxCacheEntries: values.MAX_CACHE_SIZE,
    cacheWarm: values.CACHE_WARM,
  } satisfies Partial<Settings>;
}

function storePart(values: Values, stateDir: string, isGiven: (name: keyof Values) => boolean) {
  return {
    redis: redisSettings(values, isGiven),
    database: placeDatabase(values.DATABASE_URL, stateDir),
    databasePoolMax: values.DATABASE_POOL_MAX,
    journalText: values.JOURNAL_TEXT,
    journalRetentionMs: values.JOURNAL_RETENTION_DAYS,
    backupKeep: values.BACKUP_KEEP,
  } satisfies Partial<Settings>;
}

function daemonPart(values: Values) {
  return {
    socketPath: values.COMBOT_SOCKET ?? null,
    listen: values.COMBOT_LISTEN,
    token: values.COMBOT_TOKEN ?? null,
    adminToken: values.COMBOT_ADMIN_TOKEN ?? null,
    tokens: values.COMBOT_TOKENS ?? [],
    hosts: values.COMBOT_LISTEN ? (values.COMBOT_HOSTS ?? ownHosts(values.COMBOT_LISTEN.host)) : [],
    listenMaxPerPeer: values.COMBOT_LISTEN_MAX_PER_PEER,
    modelDir: values.COMBOT_MODEL_DIR ?? null,
    modelsDir: values.COMBOT_MODELS_DIR ?? null,
    drainDelayMs: values.DRAIN_DELAY,
    compat: values.COMBOT_COMPAT ?? [],
    accessLog: values.ACCESS_LOG,
    otlpTracesUrl: values.OTLP_ENDPOINT,
    logLevel: values.LOG_LEVEL,
  } satisfies Partial<Settings>;
}

function alertPart(values: Values) {
  return {
    alertWebhookUrl: values.ALERT_WEBHOOK_URL ?? null,
    alertWebhookFormat: values.ALERT_WEBHOOK_FORMAT,
    alerts: {
      errorRate: values.ALERT_ERROR_RATE,
      crashes: values.ALERT_CRASHES,
      drift: values.ALERT_DRIFT,
      windowMs: values.ALERT_WINDOW,
      hitRate: values.ALERT_HIT_RATE,
      expired: values.ALERT_EXPIRED,
      cacheWindowMs: values.ALERT_CACHE_WINDOW,
      redisMemory: values.ALERT_REDIS_MEMORY,
      diskFree: values.ALERT_DISK_FREE,
      afterMs: values.ALERT_AFTER,
    },
  } satisfies Partial<Settings>;
}

const REDIS_PLACES = ["REDIS_URL", "REDIS_HOST", "REDIS_PORT"] as const;

function redisSettings(values: Values, isGiven: (name: keyof Values) => boolean): RedisSettings {
  const node = { host: values.REDIS_HOST, port: values.REDIS_PORT };
  const address = values.REDIS_URL ?? { target: { kind: "single", node, tls: false } };
  if (address.target.kind === "off") return address.target;
  return {
    ...address.target,
    isAssumed: !REDIS_PLACES.some(isGiven),
    db: address.db ?? values.REDIS_DB,
    username: address.username ?? values.REDIS_USERNAME ?? null,
    password: address.password ?? values.REDIS_PASSWORD ?? null,
    sentinelPassword: values.REDIS_SENTINEL_PASSWORD ?? null,
    certificates: {
      ...(values.REDIS_TLS_CA !== undefined && { ca: values.REDIS_TLS_CA }),
      ...(values.REDIS_TLS_CERT !== undefined && { cert: values.REDIS_TLS_CERT }),
      ...(values.REDIS_TLS_KEY !== undefined && { key: values.REDIS_TLS_KEY }),
    },
  };
}

function placeDatabase(database: DatabaseTarget, stateDir: string): DatabaseTarget {
  if (database.kind !== "sqlite" || isAbsolute(database.path)) return database;
  return { kind: "sqlite", path: join(stateDir, database.path) };
}

/** The names of this machine's loopback, and the listener's own host unless it stands for every address. */
function ownHosts(listenHost: string): readonly string[] {
  const own = ["0.0.0.0", "::"].includes(listenHost) ? [] : [listenHost];
  return [...new Set(["localhost", "127.0.0.1", "::1", ...own])];
}
