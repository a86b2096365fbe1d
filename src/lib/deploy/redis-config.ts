import type { RedisFound } from "./facts.ts";

/** Directives by the Redis version that has them first; Valkey begins at Redis 7.2. A server refuses what it doesn't know. */
const DIRECTIVES: readonly (readonly [since: number, name: string, value: string])[] = [
  [6.0, "lazyfree-lazy-eviction", "yes"],
  [6.0, "lazyfree-lazy-expire", "yes"],
  [6.0, "lazyfree-lazy-server-del", "yes"],
  [6.0, "lazyfree-lazy-user-del", "yes"],
  [6.2, "lazyfree-lazy-user-flush", "yes"],
  [6.2, "disable-thp", "yes"],
  [6.2, "oom-score-adj", "relative"],
  [6.0, "oom-score-adj-values", "0 200 800"],
  [6.0, "tracking-table-max-keys", "1000000"],
  [7.0, "maxmemory-clients", "5%"],
  [7.0, "latency-tracking", "yes"],
  [7.0, "enable-protected-configs", "no"],
  [7.0, "enable-debug-command", "no"],
  [7.0, "enable-module-command", "no"],
];

const CONNECTION = "+ping +hello +auth +quit +client|setname +client|getname +client|id";
const KEYS = "+get +getrange +set +getex +mget +del +unlink +exists +ttl +pttl +expire +pexpire";

export interface RedisConfig {
  readonly directives: readonly (readonly [name: string, value: string])[];
  readonly reset: string;
  readonly combot: string;
  readonly app: string;
  readonly ops: string;
}

/** What redis.conf and redis.acl may say to this server: 7.0 refuses to start on an ACL that names `client|setinfo`. */
export function redisConfigFor({ kind, version }: Pick<RedisFound, "kind" | "version">): RedisConfig {
  const known = kind === "valkey" ? Math.max(versionNumber(version), 7.2) : versionNumber(version);
  const connection = known >= 7.2 ? `${CONNECTION} +client|setinfo` : CONNECTION;
  return {
    directives: DIRECTIVES.filter(([since]) => since <= known).map(([, name, value]) => [name, value] as const),
    reset: known >= 6.2 ? "sanitize-payload resetchannels" : "",
    combot: `${connection} ${KEYS} +scan +dbsize +info +multi +exec +memory|usage +memory|purge`,
    app: `${connection} ${KEYS} +multi +exec`,
    ops: `${connection} +info +dbsize +memory|stats +memory|doctor +latency|latest +slowlog|get +config|get`,
  };
}

/** `7.0.15` → 7.0; a minor of two digits keeps its order below 100. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major + Math.min(minor, 9) / 10;
}
