import type { IncomingMessage, ServerResponse } from "node:http";
import { CombotError } from "../../lib/errors.ts";
import { MAX_BODY_BYTES } from "../../lib/protocol/classify.ts";

const TOLD = Symbol("told to go on");

type Marked = ServerResponse & { [TOLD]?: true };

/**
 * Tells a client that asked first (RFC 9110, 10.1.1) to send its body, unless that is announced as larger than any call's.
 *
 * @returns {CombotError | undefined} `BODY_TOO_LARGE`
 */
export function goOn({ headers }: IncomingMessage, response: ServerResponse): CombotError | undefined {
  if (headers.expect === undefined) return undefined;
  if (Number(headers["content-length"]) > MAX_BODY_BYTES)
    return new CombotError("BODY_TOO_LARGE", "body: more than 1 MiB");
  tell(response);
  return undefined;
}

/**
 * Who sends no body, and asks all the same, is told to go on whatever becomes of the request: Node ends a connection whose
 * client has asked and was not told, and with it what comes behind in a pipeline.
 */
export function goOnWithoutBody({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0) return;
  tell(response);
}

function tell(response: ServerResponse): void {
  if ((response as Marked)[TOLD]) return;
  response.writeContinue();
  (response as Marked)[TOLD] = true;
}

/** The client asked whether to send its body, and has no word. */
export function isUntold({ headers, complete }: IncomingMessage, response: ServerResponse): boolean {
  return headers.expect !== undefined && !complete && !(response as Marked)[TOLD];
}
