import { createHmac } from "node:crypto";

/**
 * A user as combot knows one: 64 bits of HMAC-SHA-256, as 16 hex digits. The key lives as long as the daemon, so a
 * hash says nothing outside of it.
 */
export function hashUser(user: string, key: Buffer): string {
  return createHmac("sha256", key).update(user).digest("hex").slice(0, 16);
}
