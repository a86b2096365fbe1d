import type { ErrorCode } from "../../src/lib/error-table.ts";
import type { Fault } from "./replies.ts";

/** Why a reply of 500 and above is right though nothing is broken: the service is full, and says when to come again. */
const FULL: Partial<Record<ErrorCode, { readonly why: string; readonly saysWhen: boolean }>> = {
  QUEUE_FULL: { why: "more texts or bodies are there than have room", saysWhen: true },
  MEMORY_EMERGENCY: { why: "memory is full, only cached answers are given", saysWhen: true },
  CACHE_UNAVAILABLE: { why: "Redis, on the same cores, did not answer in time", saysWhen: true },
  TOO_MANY_LISTENERS: { why: "16 listen to the events", saysWhen: false },
};

const SAYS_WHEN = /^retry-after: [1-9]/imu;

export interface Judged {
  /** The code, or the status where there is none. */
  readonly name: string;
  /** Undefined where it is not right. */
  readonly why: string | undefined;
}

export function judge({ status, told }: Fault): Judged {
  const code = /"code":"(\w+)"/u.exec(told)?.[1];
  if (code === undefined) return { name: String(status), why: whyUncoded(status, told) };
  const full = FULL[code as ErrorCode];
  const isRight = status === 503 && full && (!full.saysWhen || SAYS_WHEN.test(told));
  return { name: code, why: isRight ? full.why : undefined };
}

function whyUncoded(status: number, told: string): string | undefined {
  if (status !== 503) return undefined;
  if (told.includes('"status":"unhealthy"')) return "GET /api/health/ says so by its status";
  if (/"ready":false|\r\n\r\n(starting|stopping|unhealthy)$/u.test(told))
    return "who asks whether it is ready is told so";
  if (told.includes('"error":"') && SAYS_WHEN.test(told)) return "full, as an Open Inference client is told of it";
  const isHeadAlone = told.endsWith("\r\n\r\n");
  return isHeadAlone ? "HEAD: the same without the words" : undefined;
}
