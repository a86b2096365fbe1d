import type { FastifyRequest } from "fastify";
import type { CombotError } from "../../lib/errors.ts";
import type { Access } from "../../lib/protocol/endpoint.ts";

/** Who calls, as far as a listener can tell. `nobody` showed no token: he may learn whether it is healthy. */
export type Caller = Access | "nobody";

/** What a listener asks of each request before its body is read: who calls, or why he may not. */
export interface Door {
  admit(request: FastifyRequest): Caller | CombotError;
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
  }
}

/** Whoever may open a Unix socket may do what it is for: its group and mode have decided. */
export function socketDoor(access: Access): Door {
  return { admit: () => access };
}
