import { isIP } from "node:net";
import { parseHostPort } from "../config/address-types.ts";
import type { EnvEntry } from "../config/env-file.ts";

/** Where COMBOT_LISTEN wants the API over TCP. */
export interface TcpAddress {
  readonly port: number;
  /** As ListenStream= takes it: a literal address. Null for a name, which the daemon resolves and binds by itself. */
  readonly stream: string | null;
  readonly isLoopback: boolean;
}

/** Null where it is off, or says something that the daemon refuses. */
export function tcpAddressOf(settings: readonly Pick<EnvEntry, "name" | "value">[]): TcpAddress | null {
  const value = settings.findLast(({ name }) => name === "COMBOT_LISTEN")?.value ?? "off";
  const parsed = value === "off" ? undefined : parseHostPort(value);
  // A port that the kernel chooses is another one at each start.
  if (!parsed || parsed.port === 0) return null;
  const { host, port } = parsed;
  const literal = host === "localhost" ? "127.0.0.1" : host;
  const stream = isIP(literal) === 0 ? null : `${literal.includes(":") ? `[${literal}]` : literal}:${port}`;
  return { port, stream, isLoopback: literal.startsWith("127.") || literal === "::1" };
}
