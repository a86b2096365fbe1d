import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import type { ENDPOINTS, EndpointName, ReplyOf, StreamName } from "../../../lib/protocol/endpoints.ts";
import type { CameBy } from "../../../lib/protocol/decisions.ts";
import type { CallTiming } from "../../../lib/protocol/call-timing.ts";
import type { Admission } from "../door.ts";
import type { EventListener } from "../services.ts";

type Part<N extends EndpointName, P extends "body" | "query" | "params"> = (typeof ENDPOINTS)[N] extends {
  readonly [K in P]: infer S extends z.ZodType;
}
  ? z.infer<S>
  : undefined;

/** A request that fits its schemas. */
export interface Call<N extends EndpointName> {
  /** As text where the endpoint keeps it. */
  readonly body: (typeof ENDPOINTS)[N] extends { readonly keepsText: true } ? string : Part<N, "body">;
  readonly params: Part<N, "params">;
  readonly query: Part<N, "query">;
  readonly headers: IncomingHttpHeaders;
  /** The Accept header. */
  readonly accept: string | undefined;
  readonly admission: Admission;
  /** By what a caller of what is for the control socket came. */
  readonly by: CameBy;
  /** The Last-Event-ID header; an empty one is none. */
  readonly lastEventId: string | undefined;
  /** Written by whoever answers a classification. */
  readonly timing: CallTiming;
  /** A signal that is aborted when the client goes away before it has its reply. */
  readonly hangUp: () => AbortSignal;
}

/** What to send; a string or bytes go out as they are, under the content type in `headers`. */
export interface Answer<B = unknown> {
  readonly status: number;
  readonly body: B;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Events in the place of an answer. */
export interface Stream {
  /** What it throws is thrown before anything is sent. */
  readonly listen: (listener: EventListener) => void;
}

type Outcome<N extends EndpointName> = N extends StreamName ? Stream : Answer<ReplyOf<N> | string | Buffer>;

export type Handler<N extends EndpointName> = (call: Call<N>) => Promise<Outcome<N>>;

export type Routes<N extends EndpointName = EndpointName> = { readonly [K in N]: Handler<K> };
