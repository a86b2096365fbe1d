import { host } from "../address-types.ts";
import type { Setting } from "../setting.ts";
import { REDIS_MAX_DB, certificates, privateKey, redisUrl } from "../store-types.ts";
import { plainText, wholeNumber } from "../value-types.ts";

/** Where the shared cache is. REDIS_URL outranks the parts; the parts fill in what it leaves out. */
export const REDIS_SETTINGS = {
  REDIS_HOST: { type: host(), default: "localhost", doc: "Host of Redis, where REDIS_URL is not set." },
  REDIS_PORT: {
    type: wholeNumber({ min: 1, max: 65_535 }),
    default: "6379",
    doc: "Port of Redis, where REDIS_URL is not set.",
  },
  REDIS_DB: {
    type: wholeNumber({ min: 0, max: REDIS_MAX_DB }),
    default: "0",
    doc: "Database number, where REDIS_URL names none; must be 0 for Redis Cluster.",
  },
  REDIS_URL: {
    type: redisUrl(),
    unset: "from REDIS_HOST and REDIS_PORT",
    secret: "url",
    file: "also",
    doc: "Redis as one URL, in place of REDIS_HOST and REDIS_PORT; off = no Redis.",
  },
  REDIS_USERNAME: { type: plainText(256), unset: "none", doc: "ACL user, where REDIS_URL names none." },
  REDIS_PASSWORD: {
    type: plainText(4096),
    unset: "none",
    secret: "whole",
    file: "also",
    doc: "Password, where REDIS_URL holds none.",
  },
  REDIS_SENTINEL_PASSWORD: {
    type: plainText(4096),
    unset: "none",
    secret: "whole",
    file: "also",
    doc: "Password of the sentinels themselves, where they want one.",
  },
  REDIS_TLS_CA: {
    type: certificates(),
    unset: "those Node trusts",
    secret: "whole",
    file: "only",
    isPublicFile: true,
    doc: "Authorities whose certificates are trusted over rediss:// and sentinels://.",
  },
  REDIS_TLS_CERT: {
    type: certificates(),
    unset: "none",
    secret: "whole",
    file: "only",
    isPublicFile: true,
    doc: "Certificate for a Redis that asks its clients for one; with REDIS_TLS_KEY_FILE.",
  },
  REDIS_TLS_KEY: {
    type: privateKey(),
    unset: "none",
    secret: "whole",
    file: "only",
    doc: "Private key of REDIS_TLS_CERT_FILE.",
  },
} as const satisfies Record<string, Setting>;
