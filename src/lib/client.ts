import type { Readable } from "node:stream";
import type { z } from "zod";
import type { EventsOptions } from "./client/events.ts";
import { exchange, openAgent, openStream, type RawReply } from "./client/exchange.ts";
import { eventSchema, readKnownReply, readSchemas } from "./client/known-replies.ts";
import { isAbsent, isCutOff, retrying } from "./client/retry.ts";
import { targetOf } from "./client/place.ts";
import type { Place } from "./client/place.ts";
import { type Route, ROUTES } from "./client/routes.ts";
import { unreachable } from "./client/unreachable.ts";
import { CombotError } from "./errors.ts";
import type { ClassifyReply, SeveralReply } from "./protocol/classify.ts";
import type { CallName, EndpointName, ENDPOINTS, ProgressName, ReplyOf } from "./protocol/endpoints.ts";
import type { DaemonEvent } from "./protocol/events.ts";
import { hangLimitMs } from "./slowness.ts";

/** How long a daemon that is not there is waited for: it may be restarting. */
const ABSENCE_MS = hangLimitMs(3000);

type Called<N extends EndpointName> = (typeof ENDPOINTS)[N];
export type BodyOf<N extends EndpointName> = Called<N> extends { body: infer B extends z.ZodType } ? z.input<B> : never;
export type QueryOf<N extends EndpointName> =
  Called<N> extends { query: infer Q extends z.ZodType } ? z.input<Q> : never;

export type ParamsOf<N extends EndpointName> =
  Called<N> extends { params: infer P extends z.ZodType } ? z.input<P> : never;

export interface CallOptions<N extends EndpointName> {
  /** What stands in the path. */
  readonly params?: ParamsOf<N>;
  readonly body?: BodyOf<N>;
  readonly query?: QueryOf<N>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** From now to the whole reply, waiting for the daemon included. No limit without it. */
  readonly timeoutMs?: number | undefined;
  /** How long to wait for a daemon that is not there; 3 s by default. */
  readonly absenceMs?: number;
}

/** A call that asks several models of each text. */
export type SeveralOptions = CallOptions<"classify"> & { readonly body: { readonly models: readonly string[] } };

/** What comes of a call that is not one of those. */
export type AnswerOf<N extends CallName> = N extends "classify" ? ClassifyReply : ReplyOf<N>;

export type { Place, Sockets } from "./client/place.ts";

/** Told when a daemon that is not there is waited for. */
export type OnAbsent = (place: Place, forMs: number) => void;

/** The API of the daemon, typed and checked. Keeps its connections; `close` ends them. */
export class Client {
  readonly #place: Place;
  readonly #agent: ReturnType<typeof openAgent>;
  readonly #schemas = readSchemas();
  readonly #onAbsent: OnAbsent | undefined;

  constructor(place: Place, onAbsent?: OnAbsent) {
    this.#place = place;
    this.#agent = openAgent(place);
    this.#onAbsent = onAbsent;
  }

  /**
   * Calls `name` on the socket that takes it, or over TCP. A refused or missing socket is tried again for 3 s; a connection that was
   * cut off is tried again where the call changes nothing. No status is tried again: 503 is the caller's to wait out.
   *
   * @throws {CombotError} the problem of the reply; `REPLY_INVALID`; `DAEMON_UNREACHABLE`; `DEADLINE_EXCEEDED`.
   */
  async call(name: "classify", options: SeveralOptions): Promise<SeveralReply>;
  async call<N extends CallName>(name: N, options?: CallOptions<N>): Promise<AnswerOf<N>>;
  async call<N extends CallName>(name: N, options: CallOptions<N> = {}): Promise<ReplyOf<N>> {
    const route = ROUTES[name];
    const raw = await this.#reach(route, options, route.method === "GET" || name === "classify");
    const known = this.#schemas && readKnownReply(this.#schemas, route, raw);
    // Checked by the schema that the type is made from, in the one form or the other.
    return (known ?? (await readUnknown(name, raw))) as ReplyOf<N>;
  }

  /**
   * What happens in the daemon, as it happens, until the stream ends or the caller has seen enough; see EventsOptions. A
   * daemon that is not there is waited for as in `call`.
   *
   * @throws {CombotError} as `call` does; `TOO_MANY_LISTENERS`.
   */
  async *events(options: EventsOptions = {}): AsyncGenerator<DaemonEvent, void> {
    const { method, path, access } = ROUTES.events;
    const { signal, absenceMs = ABSENCE_MS } = options;
    const order = { agent: this.#agent, to: targetOf(this.#place, access), method, path, signal };
    const open = async (lastEventId: string | undefined): Promise<Readable> => {
      const opened = await openStream(order, lastEventId);
      return "body" in opened ? readNoStream(ROUTES.events, opened) : opened;
    };
    const { readEvents } = await import("./client/events.ts");
    try {
      yield* readEvents({ ...options, absenceMs, open, schema: eventSchema(this.#schemas, ROUTES.events) });
    } catch (thrown) {
      throw thrown instanceof CombotError || signal?.aborted ? thrown : unreachable(this.#place, access, thrown);
    }
  }

  /**
   * Work that tells how far it is; the last event says what came of it. To stop listening stops the work.
   *
   * @throws {CombotError} the problem of the reply; `REPLY_INVALID`; `DAEMON_UNREACHABLE`, also where it breaks off.
   */
  async *follow<N extends ProgressName>(
    name: N,
    options: Pick<CallOptions<N>, "body" | "signal">,
  ): AsyncGenerator<ReplyOf<N>, void> {
    const route = ROUTES[name];
    const { body, signal } = options;
    const { method, path, access } = route;
    const to = targetOf(this.#place, access);
    const order = { agent: this.#agent, to, method, path, signal, body: body && JSON.stringify(body) };
    const open = async (): Promise<Readable> => {
      const opened = await openStream(order, undefined);
      return "body" in opened ? readNoStream(route, opened) : opened;
    };
    const { readProgress } = await import("./client/progress.ts");
    try {
      const stream = await retrying(open, { ...this.#waiting(ABSENCE_MS), isWorthIt: isAbsent, signal });
      // Checked by the schema that the type is made from.
      yield* readProgress(name, stream) as AsyncGenerator<ReplyOf<N>, void>;
    } catch (thrown) {
      throw thrown instanceof CombotError || signal?.aborted ? thrown : unreachable(this.#place, access, thrown);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #waiting(forMs: number): { readonly forMs: number; readonly onAbsent: () => void } {
    return { forMs, onAbsent: () => this.#onAbsent?.(this.#place, forMs) };
  }

  async #reach<N extends EndpointName>(route: Route, options: CallOptions<N>, isSafe: boolean): Promise<RawReply> {
    const { params, body, query, headers, signal: stop, timeoutMs, absenceMs = ABSENCE_MS } = options;
    const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    const signal = stop && timeout ? AbortSignal.any([stop, timeout]) : (stop ?? timeout);
    const to = targetOf(this.#place, route.access);
    // Every query of the protocol is an object of strings; that N has one is known to callers alone.
    const search = query ? `?${new URLSearchParams(query as Record<string, string>).toString()}` : "";
    const path = filled(route.path, params as object | undefined) + search;
    const { method } = route;
    const order = { agent: this.#agent, to, method, path, signal, headers, body: body && JSON.stringify(body) };
    const isWorthIt = (thrown: unknown) => isAbsent(thrown) || (isSafe && isCutOff(thrown));
    try {
      return await retrying(() => exchange(order), { ...this.#waiting(absenceMs), isWorthIt, signal });
    } catch (thrown) {
      if (timeout?.aborted && !stop?.aborted) throw outOfTime(timeoutMs, thrown);
      if (stop?.aborted) throw thrown;
      throw unreachable(this.#place, route.access, thrown);
    }
  }
}

/** @param params of the path, by name: an object of strings, which callers alone know. */
function filled(path: string, params: object | undefined): string {
  const values = Object.entries((params ?? {}) as Record<string, string>);
  return values.reduce((sofar, [name, value]) => sofar.replace(`{${name}}`, encodeURIComponent(value)), path);
}

/** zod and the schemas take 60 ms to load, so they come only for a reply that they have to judge or to explain. */
async function readUnknown(name: EndpointName, raw: RawReply): Promise<unknown> {
  const [{ ENDPOINTS }, { readReply }] = await Promise.all([
    import("./protocol/endpoints.ts"),
    import("./client/reply.ts"),
  ]);
  return readReply(ENDPOINTS[name], raw);
}

/** A problem, or nothing that we know. */
async function readNoStream(route: Route, raw: RawReply): Promise<never> {
  const { readProblem } = await import("./client/reply.ts");
  throw readProblem(route, raw);
}

function outOfTime(timeoutMs = 0, cause?: unknown): CombotError {
  return new CombotError("DEADLINE_EXCEEDED", `No reply from the daemon within ${timeoutMs / 1000} s.`, { cause });
}
