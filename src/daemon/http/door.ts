import type { FastifyRequest } from "fastify";
import type { CombotError } from "../../lib/errors.ts";
import type { ClassifyRequest } from "../../lib/protocol/classify.ts";
import type { CameBy } from "../../lib/protocol/decisions.ts";
import type { Access } from "../../lib/protocol/endpoint.ts";

/**
 * Who calls, as far as a listener can tell. `read` may have told all that only tells, of either socket; `nobody` showed
 * no token: he may learn whether it is healthy.
 */
export type Caller = Access | "read" | "nobody";

export interface Admission {
  readonly caller: Caller;
  /** By what he came, for what is done by hand. */
  readonly by: CameBy;
  /** The name of his token, where it has one. */
  readonly token?: string;
  /** All that he has computed is to wait for others. */
  readonly isBatch?: boolean;
  /** Why he is known and not served now. */
  readonly refusal?: CombotError;
}

/** What a listener asks of each request before its body is read: who calls, or why he may not. */
export interface Door {
  admit(request: FastifyRequest): Admission | CombotError;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Undefined where nobody was let in. */
    admission: Admission | undefined;
  }
}

/** Whoever may open a Unix socket may do what it is for: its group and mode have decided. */
export function socketDoor(access: Access): Door {
  const admission: Admission = { caller: access, by: "control socket" };
  return { admit: () => admission };
}

/** Of a request that a route answers. */
export function admissionOf({ admission }: FastifyRequest): Admission {
  if (!admission) throw new Error("nobody was let in");
  return admission;
}

/** A call of somebody who is to wait for others, whatever it says. */
export function prioritised(call: ClassifyRequest, { isBatch }: Admission): ClassifyRequest {
  return isBatch ? { ...call, priority: "batch" } : call;
}
