import { type CombotError, messageOf, systemCodeOf } from "../errors.ts";
import { failureBy } from "../system-errors.ts";
import type { Access } from "../protocol/endpoint.ts";

const GROUP_OF = { user: "combot", control: "combot-admin" } as const;

/** What to tell of a connection that failed. */
export function unreachable(socketPath: string, access: Access, cause: unknown): CombotError {
  const code = systemCodeOf(cause);
  const told = {
    EACCES: `You may not open ${socketPath}: it takes root or group ${GROUP_OF[access]}.`,
    ENOENT: `There is no ${access} socket ${socketPath}.`,
    ECONNREFUSED: `Nobody listens on ${socketPath}.`,
    ECONNRESET: `The daemon hung up on ${socketPath} before it answered.`,
  };
  const detail = code !== undefined && Object.hasOwn(told, code) ? told[code as keyof typeof told] : undefined;
  return failureBy(cause, "DAEMON_UNREACHABLE", detail ?? `${socketPath}: ${messageOf(cause)}`);
}
