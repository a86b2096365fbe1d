import type { Cluster, ClusterOptions, Redis, RedisOptions } from "ioredis";
import type { RedisPlace } from "../../lib/config/settings.ts";
import { isWrongType } from "./redis-refusals.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

export type RedisTarget = RedisPlace;

/** The commands that are used. */
export interface Commands {
  /** In order; one command, or in a cluster, whose keys lie on several servers, one for each key. */
  getAll(keys: readonly string[]): Promise<(Buffer | null)[]>;
  set(key: string, value: Buffer | string, unit: "PX", ms: number): Promise<unknown>;
  /** The bytes from the first to this one; none where there is no such key. */
  getrangeBuffer(key: string, from: 0, to: number): Promise<Buffer>;
  getBuffer(key: string): Promise<Buffer | null>;
  /** Sets the ttl anew. @returns 0 where there is no such key. */
  expire(key: string, seconds: number): Promise<number>;
  unlink(key: string): Promise<number>;
  ping(): Promise<string>;
  info(): Promise<string>;
  dbsize(): Promise<number>;
}

/** One server. */
export interface Node extends Pick<Commands, "getrangeBuffer" | "getBuffer" | "unlink" | "info" | "dbsize"> {
  pttl(key: string): Promise<number>;
  scan(cursor: string, match: "MATCH", pattern: string, count: "COUNT", size: number): Promise<[string, string[]]>;
  memory(subcommand: "PURGE"): Promise<unknown>;
}

/** A connection that mends itself. */
export interface RedisClient {
  readonly commands: Commands;
  /** Commands can be sent now. */
  readonly isReady: boolean;
  /** Every server that holds keys. */
  masters(): readonly Node[];
  onReady(listener: () => void): void;
  onClose(listener: () => void): void;
  onError(listener: (error: Error) => void): void;
  /** Drops the connection with all that waits on it, and makes a new one. */
  reconnect(): void;
  close(): void;
}

/** After this ioredis gives a command up. Requests are told long before that: see RedisConnection. */
const COMMAND_TIMEOUT_MS = hangLimitMs(1000);
const CONNECT_TIMEOUT_MS = hangLimitMs(2000);
const LONGEST_RETRY_MS = 2000;
const RETRY_STEP_MS = 100;

const retryMs = (times: number): number => Math.min(times * RETRY_STEP_MS, LONGEST_RETRY_MS);

/** ioredis costs megabytes, so it is loaded where there is a Redis to talk to. */
export async function openRedis(target: RedisTarget): Promise<RedisClient> {
  const { Redis, Cluster } = await import("ioredis");
  if (target.kind === "cluster") return wrapCluster(new Cluster([...target.nodes], clusterOptions(target)));
  return wrapSingle(
    new Redis({ ...commonOptions(target), ...addressOf(target), enableOfflineQueue: false, retryStrategy: retryMs }),
  );
}

function commonOptions({ db, username, password, certificates, ...target }: RedisTarget) {
  return {
    db,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...("tls" in target && target.tls ? { tls: certificates } : {}),
    // A server that is still loading is asked by our own probe, which hears why it can't answer; ioredis waits in silence.
    enableReadyCheck: false,
    // RESP3 would begin with HELLO, which says nothing that we need.
    protocol: 2,
    // CLIENT SETINFO is refused by older servers, and by ACLs made for them.
    disableClientInfo: true,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: true,
    // Each a whole turn's reads already, or a probe that is timed.
    autoPipeliningIgnoredCommands: ["mget", "mgetBuffer", "ping"],
  } satisfies RedisOptions;
}

function addressOf(target: Exclude<RedisTarget, { readonly kind: "cluster" }>) {
  if (target.kind === "sentinel") return sentinelOptions(target);
  return target.kind === "unix" ? { path: target.path } : { ...target.node };
}

/** They are asked anew at each connection, and end those of a master that they have put down. */
function sentinelOptions(target: Extract<RedisTarget, { readonly kind: "sentinel" }>) {
  const { nodes, name, tls, sentinelPassword, certificates } = target;
  return {
    sentinels: [...nodes],
    name,
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: certificates } : {}),
    sentinelRetryStrategy: retryMs,
  } satisfies RedisOptions;
}

function clusterOptions(target: RedisTarget) {
  return {
    redisOptions: commonOptions(target),
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    clusterRetryStrategy: retryMs,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    // A node that moved slots says so; a request does not wait for one that is down.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
  } as const satisfies ClusterOptions;
}

function wrapSingle(redis: Redis): RedisClient {
  return wrap(
    redis,
    commandsOf(redis, (keys) => redis.mgetBuffer(...keys)),
    () => [redis],
  );
}

function wrapCluster(cluster: Cluster): RedisClient {
  // As MGET does, what is no string is passed over.
  const getOne = (key: string): Promise<Buffer | null> => cluster.getBuffer(key).catch(nullIfWrongType);
  const getAll: Commands["getAll"] = (keys) => Promise.all(keys.map(getOne));
  return wrap(cluster, commandsOf(cluster, getAll), () => cluster.nodes("master"));
}

function nullIfWrongType(error: unknown): null {
  if (isWrongType(error)) return null;
  throw error;
}

function commandsOf(redis: Redis | Cluster, getAll: Commands["getAll"]): Commands {
  return {
    getAll,
    set: (key, value, unit, ms) => redis.set(key, value, unit, ms),
    getrangeBuffer: (key, from, to) => redis.getrangeBuffer(key, from, to),
    getBuffer: (key) => redis.getBuffer(key),
    expire: (key, seconds) => redis.expire(key, seconds),
    unlink: (key) => redis.unlink(key),
    ping: () => redis.ping(),
    info: () => redis.info(),
    dbsize: () => redis.dbsize(),
  };
}

function wrap(client: Redis | Cluster, commands: Commands, masters: () => readonly Node[]): RedisClient {
  return {
    commands,
    get isReady() {
      return client.status === "ready";
    },
    masters,
    onReady: (listener) => void client.on("ready", listener),
    onClose: (listener) => void client.on("close", listener),
    onError: (listener) => {
      client.on("error", listener);
    },
    reconnect: () => client.disconnect(true),
    close: () => client.disconnect(),
  };
}
