import type { TracedCall } from "../../lib/protocol/traced-call.ts";

// As OTLP/HTTP has them in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in hex rather than
// base64, enums as numbers, 64-bit integers as strings of digits, names in lowerCamelCase. The fields are those of
// opentelemetry-proto's trace.proto and common.proto.

type Value = { readonly stringValue: string } | { readonly intValue: string } | { readonly boolValue: boolean };

export interface Attribute {
  readonly key: string;
  readonly value: Value;
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status?: { readonly code: number };
}

const KIND = { internal: 1, server: 2 } as const;
const STATUS_ERROR = 2;

/** An attribute's value: a number that is whole, a string or a flag. */
export function attribute(key: string, value: string | number | boolean): Attribute {
  if (typeof value === "string") return { key, value: { stringValue: value } };
  return { key, value: typeof value === "number" ? { intValue: String(value) } : { boolValue: value } };
}

/**
 * The spans of a call: the call itself, and of a classification where it was (cache, queue, batch, worker). Those of a call
 * of several texts are of the text that a worker took last.
 *
 * @param epochMs when the clock of the call's times began, by the calendar.
 * @param newSpanId 16 hex digits, not all 0.
 */
export function spansOf(call: TracedCall, epochMs: number, newSpanId: () => string): Span[] {
  const { traceId, traceState, timing, status } = call;
  const span = (
    name: string,
    parentSpanId: string,
    fromMs: number,
    untilMs: number,
    more: readonly Attribute[],
  ): Span => ({
    traceId,
    spanId: newSpanId(),
    parentSpanId,
    ...(traceState === undefined ? {} : { traceState }),
    name,
    kind: KIND.internal,
    startTimeUnixNano: nanosOf(epochMs + fromMs),
    endTimeUnixNano: nanosOf(epochMs + Math.max(fromMs, untilMs)),
    attributes: more,
  });
  const whole: Span = {
    ...span(`${call.method} ${call.route}`, call.parentId, call.startedAtMs, call.endedAtMs, attributesOf(call)),
    kind: KIND.server,
    // What a caller did wrong is no error of a server's (Semantic Conventions for HTTP spans, status).
    ...(status >= 500 ? { status: { code: STATUS_ERROR } } : {}),
  };
  const { spanId } = whole;
  const { askedAtMs, answeredAtMs, run } = timing?.steps ?? {};
  if (timing === undefined || askedAtMs === undefined || answeredAtMs === undefined) return [whole];
  // Until a worker is waited for: looked up, and read where it was not found.
  const lookedUpAtMs = Math.max(askedAtMs, run?.queuedAtMs ?? answeredAtMs);
  const cache = span("cache", spanId, askedAtMs, lookedUpAtMs, [attribute("combot.cache", timing.source)]);
  if (run === undefined) return [whole, cache];
  const { queuedAtMs, startedAtMs, computeMs, worker } = run;
  const queue = span("queue", spanId, queuedAtMs, startedAtMs, []);
  const batch = span("batch", spanId, startedAtMs, answeredAtMs, []);
  // The worker tells how long it computed, by a clock of its own: where in the batch that was is taken to be its middle.
  const aroundMs = Math.max(0, answeredAtMs - startedAtMs - computeMs) / 2;
  const began = startedAtMs + aroundMs;
  const compute = span("worker", batch.spanId, began, began + computeMs, [attribute("process.pid", worker)]);
  return [whole, cache, queue, batch, compute];
}

function attributesOf({ method, route, status, via, requestId }: TracedCall): Attribute[] {
  return [
    attribute("http.request.method", method),
    attribute("http.route", route),
    attribute("http.response.status_code", status),
    attribute("combot.via", via),
    attribute("combot.request_id", requestId),
  ];
}

/** In ns since 1970, as a string: a double has 53 bits, of which milliseconds leave 12 for what is below them. */
function nanosOf(ms: number): string {
  const whole = Math.floor(ms);
  return `${whole}${String(Math.floor((ms - whole) * 1e6)).padStart(6, "0")}`;
}
