import type { ServerResponse } from "node:http";
import type { Logger } from "pino";

/** Logs one finished request at debug level: no path, no query, no header and nothing of the body. */
export function logWhenDone(log: Pick<Logger, "debug">, method: string, route: string, response: ServerResponse): void {
  const startedAtMs = performance.now();
  response.once("close", () => {
    const durationMs = Math.round((performance.now() - startedAtMs) * 1000) / 1000;
    const outcome = response.writableFinished ? "request answered" : "client hung up";
    log.debug({ method, route, status: response.statusCode, durationMs }, outcome);
  });
}
