import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { CombotError } from "../errors.ts";
import type { DaemonEvent } from "../protocol/events.ts";
import { EventText } from "./event-text.ts";
import type { WireEvent } from "./event-text.ts";
import { certainlyFits } from "./json-schema.ts";
import type { JsonSchema } from "./json-schema.ts";
import { isAbsent, isCutOff, retrying } from "./retry.ts";

export interface EventsOptions {
  /** Of the last decision heard of: those since then come first. `0`: all that are kept. */
  readonly lastEventId?: string;
  /** When the stream ends, connect again, and go on behind the last decision. */
  readonly reconnect?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for a daemon that is not there; 3 s by default. */
  readonly absenceMs?: number;
}

export interface EventSource extends EventsOptions {
  readonly absenceMs: number;
  /** Connects once. @throws the problem of a reply that is none. */
  readonly open: (lastEventId: string | undefined) => Promise<Readable>;
  /** Of one event; undefined where there was no build. */
  readonly schema: JsonSchema | undefined;
}

/** A daemon that ends every stream at once must not be asked in a tight loop. */
const RECONNECT_MS = 100;
/** The compiler sees to it that none is missing. */
const KNOWN: Readonly<Record<DaemonEvent["event"], true>> = { sample: true, decision: true, alert: true };

/**
 * Events as they come, one connection after another. An event of a kind that this release does not know is passed over.
 *
 * @throws {CombotError} the problem of the reply, or `REPLY_INVALID`; Node's own error of a connection that failed.
 */
export async function* readEvents(source: EventSource): AsyncGenerator<DaemonEvent, void> {
  const { open, reconnect = false, signal, absenceMs } = source;
  let { lastEventId } = source;
  for (;;) {
    const stream = await retrying(() => open(lastEventId), { forMs: absenceMs, isWorthIt: isPassing, signal });
    const text = new EventText();
    try {
      for await (const chunk of stream) {
        for (const event of text.push(String(chunk))) {
          lastEventId = text.lastEventId ?? lastEventId;
          if (Object.hasOwn(KNOWN, event.event)) yield await checked(event, lastEventId, source.schema);
        }
      }
    } catch (thrown) {
      if (!isCutOff(thrown)) throw thrown;
      if (!reconnect) throw new CombotError("DAEMON_UNREACHABLE", "The stream of events broke off.", { cause: thrown });
    }
    if (!reconnect) return;
    lastEventId = text.lastEventId ?? lastEventId;
    await sleep(RECONNECT_MS, undefined, signal ? { signal } : {});
  }
}

/** Nobody listens, or the one who does is about to stop: the next daemon may be there in a moment. */
function isPassing(thrown: unknown): boolean {
  return isAbsent(thrown) || isCutOff(thrown) || (thrown instanceof CombotError && thrown.code === "SHUTTING_DOWN");
}

/** zod takes 60 ms to load, so it comes only for an event that it has to judge or to explain. */
async function checked(
  { event, data }: WireEvent,
  id: string | undefined,
  schema: JsonSchema | undefined,
): Promise<DaemonEvent> {
  const value = { event, ...(event === "decision" && { id }), data: parseJson(data) };
  // Checked by the schema that the type is made from.
  if (certainlyFits(schema, value)) return value as DaemonEvent;
  const { readEvent } = await import("./unknown-event.ts");
  return readEvent(value);
}

function parseJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
