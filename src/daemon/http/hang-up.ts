import type { ServerResponse } from "node:http";

/** Made once: nobody asks where a client went. */
const GONE = new Error("the client has gone");

/**
 * A signal that is aborted when the connection closes before `response` was handed to the kernel whole. Not taken from
 * the request's own `close`, which Node emits once the body has been read.
 */
export function hangUpSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.closed && !response.writableFinished) controller.abort(GONE);
  response.once("close", () => {
    if (!response.writableFinished) controller.abort(GONE);
  });
  return controller.signal;
}
