import type { ErrorCode } from "../../../../src/lib/error-table.ts";
import { ENDPOINTS } from "../../../../src/lib/protocol/endpoints.ts";
import { requestBytes } from "./wire.ts";
import type { WireRequest } from "./wire.ts";

/** Stands in every text, field, path and query that is sent: it must never turn up in a log or a reply. */
export const SECRET = "geheim4711";

export const CLASSIFY = ENDPOINTS.classify.path;
export const RECYCLE = ENDPOINTS.recycle.path;
export const LOAD = ENDPOINTS.modelLoad.path;

/** A request that has to be refused. */
export interface Malformed {
  readonly name: string;
  readonly bytes: Buffer;
  readonly code: ErrorCode;
}

export function request(name: string, code: ErrorCode, call: WireRequest): Malformed {
  return { name, code, bytes: requestBytes({ method: "POST", ...call }) };
}

export function raw(name: string, code: ErrorCode, bytes: string | Buffer): Malformed {
  return { name, code, bytes: Buffer.from(bytes) };
}
