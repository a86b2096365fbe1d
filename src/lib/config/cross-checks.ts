import { X509Certificate, createPrivateKey } from "node:crypto";
import type { Findings } from "./findings.ts";
import type { SettingName, Values } from "./schema.ts";
import type { SettingSource, Sources } from "./sources.ts";
import { sha256Of } from "./tokens-file.ts";

/** What was parsed so far: a setting whose own value is at fault is not in it, and is not judged a second time. */
export interface Parsed {
  readonly values: Partial<Values>;
  readonly sources: Partial<Sources>;
}

/** The rules between settings. */
export function checkTogether(parsed: Parsed, findings: Findings): void {
  checkThresholds(parsed, findings);
  checkMemorySource(parsed, findings);
  checkRedis(parsed, findings);
  checkRedisTls(parsed, findings);
  checkTokens(parsed, findings);
}

const RISING = ["MEMORY_WARNING", "MAX_MEMORY_USAGE", "MEMORY_FORCE_CLEANUP", "CRITICAL_MEMORY_USAGE"] as const;

function checkThresholds({ values, sources }: Parsed, findings: Findings): void {
  RISING.slice(1).forEach((upper, index) => {
    const lower = RISING[index] ?? upper;
    const [low, high] = [values[lower], values[upper]];
    if (low === undefined || high === undefined || low < high) return;
    const where = `${placeOf(sources[lower])}; ${placeOf(sources[upper])}`;
    findings.fault(`${lower}=${low}: must be below ${upper}=${high}, the four memory levels rise strictly`, where);
  });
}

function checkMemorySource({ values, sources }: Parsed, findings: Findings): void {
  const { MEMORY_SOURCE: source, MEMORY_LIMIT: limit } = values;
  if (source === undefined || limit === undefined) return;
  const where = placeOf(sources.MEMORY_SOURCE);
  if (source === "setting" && limit === null)
    findings.fault("MEMORY_SOURCE=setting: needs a MEMORY_LIMIT to measure against", where);
  if ((source === "cgroup" || source === "machine") && limit !== null)
    findings.fault(`MEMORY_SOURCE=${source}: MEMORY_LIMIT counts only with auto or setting; set one of the two`, where);
}

function checkRedis({ values, sources }: Parsed, findings: Findings): void {
  const address = values.REDIS_URL;
  if (!address || address.target.kind === "off") return;
  const db = address.db ?? values.REDIS_DB;
  const isDbInUrl = address.db !== undefined;
  const dbPlace = placeOf(sources[isDbInUrl ? "REDIS_URL" : "REDIS_DB"]);
  if (address.target.kind === "cluster" && db !== undefined && db !== 0) {
    findings.fault(`REDIS_DB=${db}: must be 0 for Redis Cluster, and REDIS_URL names several hosts`, dbPlace);
  }
  const outranked: SettingName[] = ["REDIS_HOST", "REDIS_PORT"];
  if (isDbInUrl && address.db !== values.REDIS_DB) outranked.push("REDIS_DB");
  for (const name of outranked.filter((part) => isGiven(sources[part]))) {
    findings.warn(`${name} is not used: REDIS_URL outranks it`, placeOf(sources[name]));
  }
}

const TLS_FILES = ["REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_KEY"] as const;

function checkRedisTls({ values, sources }: Parsed, findings: Findings): void {
  const { REDIS_URL: address, REDIS_TLS_CERT: cert, REDIS_TLS_KEY: key } = values;
  // One that is at fault is told of by itself.
  const [hasCert, hasKey] = [isGiven(sources.REDIS_TLS_CERT), isGiven(sources.REDIS_TLS_KEY)];
  if (hasCert && sources.REDIS_TLS_KEY?.source === "default")
    findings.fault("REDIS_TLS_CERT_FILE: needs REDIS_TLS_KEY_FILE", placeOf(sources.REDIS_TLS_CERT));
  if (hasKey && sources.REDIS_TLS_CERT?.source === "default")
    findings.fault("REDIS_TLS_KEY_FILE: needs REDIS_TLS_CERT_FILE", placeOf(sources.REDIS_TLS_KEY));
  if (cert && key && !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    findings.fault("REDIS_TLS_KEY_FILE: is not the key of REDIS_TLS_CERT_FILE", placeOf(sources.REDIS_TLS_KEY));
  const isEncrypted = address !== undefined && "tls" in address.target && address.target.tls;
  for (const name of TLS_FILES.filter((one) => !isEncrypted && isGiven(sources[one])))
    findings.warn(`${name}_FILE is not used: REDIS_URL is not rediss:// or sentinels://`, placeOf(sources[name]));
}

const TOKEN_SETTINGS = ["COMBOT_TOKEN", "COMBOT_ADMIN_TOKEN", "COMBOT_TOKENS"] as const;

function checkTokens({ values, sources }: Parsed, findings: Findings): void {
  const { COMBOT_TOKEN: token, COMBOT_ADMIN_TOKEN: adminToken, COMBOT_LISTEN: listen } = values;
  if (token !== undefined && token === adminToken) {
    const where = placeOf(sources.COMBOT_ADMIN_TOKEN);
    findings.fault("COMBOT_ADMIN_TOKEN_FILE: must hold another token than COMBOT_TOKEN_FILE", where);
  }
  for (const name of ["COMBOT_TOKEN", "COMBOT_ADMIN_TOKEN"] as const) {
    const own = values[name];
    const double = own && values.COMBOT_TOKENS?.find(({ sha256 }) => sha256 === sha256Of(own));
    if (!double) continue;
    const what = `COMBOT_TOKENS_FILE: the token of ${double.name} is that of ${name}_FILE; make another one`;
    findings.fault(what, placeOf(sources.COMBOT_TOKENS));
  }
  const hasNone = TOKEN_SETTINGS.every((name) => sources[name]?.source === "default");
  if (listen && hasNone) {
    const what =
      "COMBOT_LISTEN without COMBOT_TOKEN_FILE or COMBOT_TOKENS_FILE: over TCP nothing but GET /api/health/ will answer";
    findings.warn(what, placeOf(sources.COMBOT_LISTEN));
  }
}

function isGiven(source: SettingSource | undefined): boolean {
  return source !== undefined && source.source !== "default" && source.source !== "profile";
}

function placeOf(source: SettingSource | undefined): string {
  return source?.detail ?? source?.source ?? "default";
}
