import type { CallTiming } from "./call-timing.ts";

/** A call whose caller records its trace, when it is over. Times are of performance.now(). */
export interface TracedCall {
  /** 32 hex digits. */
  readonly traceId: string;
  /** The caller's span, 16 hex digits. */
  readonly parentId: string;
  readonly traceState: string | undefined;
  readonly requestId: string;
  readonly method: string;
  /** The pattern, and never the path that was sent. */
  readonly route: string;
  /** 499 where the client went before its answer. */
  readonly status: number;
  readonly via: "user" | "control" | "tcp";
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Undefined where nothing is classified. */
  readonly timing: CallTiming | undefined;
}

/** Takes calls that are traced; neither of its methods throws or waits. */
export interface CallRecorder {
  /** Whether there is room for one that begins now: of one that would be dropped nothing need be kept. */
  admit(): boolean;
  /** When it is over. */
  record(call: TracedCall): void;
}
