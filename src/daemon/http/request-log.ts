import type { ServerResponse } from "node:http";
import type { Logger } from "pino";
import { ERRORS } from "../../lib/error-table.ts";

/** As nginx has it, for a client that closed the connection before it had its reply. */
const CLIENT_GONE = ERRORS.CLIENT_GONE.http;

/** Logs one finished request at debug level: no path, no query, no header and nothing of the body. */
export function logWhenDone(log: Pick<Logger, "debug">, method: string, route: string, response: ServerResponse): void {
  const startedAtMs = performance.now();
  response.once("close", () => {
    const durationMs = Math.round((performance.now() - startedAtMs) * 1000) / 1000;
    const isAnswered = response.writableFinished;
    const status = isAnswered ? response.statusCode : CLIENT_GONE;
    log.debug({ method, route, status, durationMs }, isAnswered ? "request answered" : "client hung up");
  });
}
