/** Where a request stands in the trace of whoever sent it. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** The caller's span, 16 hex digits. */
  readonly parentId: string;
  /** The caller records this one, and asks whoever takes part to do so too. */
  readonly isSampled: boolean;
}

/** W3C Trace Context, 3.2; what a later version has behind the flags is not ours to read. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const LONGEST = 512;
const SAMPLED = 1;
/** W3C Trace Context, 3.3: handed on as it came, where it is printable and no longer than it has to be taken. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** @param header of `traceparent`; undefined for one that is not as its specification has it, as that says. */
export function traceOf(header: string | string[] | undefined): Trace | undefined {
  if (typeof header !== "string" || header.length > LONGEST) return undefined;
  const [, version, traceId, parentId, , more] = TRACEPARENT.exec(header) ?? [];
  if (traceId === undefined || parentId === undefined) return undefined;
  if (version === "00" && more !== undefined) return undefined;
  return { traceId, parentId, isSampled: saysSampled(header) };
}

/** Where the flags' last digit stands, in every version. */
const FLAG_AT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0".length;

/** Whether `traceOf` would say so of what it takes; nothing else is looked at. */
export function saysSampled(header: string | string[]): boolean {
  return typeof header === "string" && (Number.parseInt(header.charAt(FLAG_AT), 16) & SAMPLED) === SAMPLED;
}

/** @param header of `tracestate`. */
export function traceStateOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.join(",") : header;
  return text !== undefined && TRACESTATE.test(text) ? text : undefined;
}
