import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { buildServer } from "../../../../src/daemon/http/server.ts";
import type { Services } from "../../../../src/daemon/http/services.ts";
import { listenOnPath } from "../../../../src/daemon/sockets/listener.ts";
import type { Access } from "../../../../src/lib/protocol/endpoint.ts";
import type { CompatProtocol } from "../../../../src/lib/compat-protocols.ts";
import { temporaryFolder } from "../../../support/temporary.ts";
import { recordingServices } from "./recording-services.ts";
import type { Recorded } from "./recording-services.ts";

export interface Api {
  readonly app: FastifyInstance;
  readonly path: string;
  readonly calls: readonly Recorded[];
  /** Everything that was logged, one JSON document each. */
  readonly logLines: readonly string[];
}

export interface ApiOptions {
  readonly access?: Access;
  readonly services?: Partial<Services>;
  readonly keepAliveMs?: number;
  readonly logLevel?: string;
  readonly openApiFile?: string;
  readonly isAccessLogged?: () => boolean;
  readonly maxBodiesBytes?: number;
  readonly compat?: readonly CompatProtocol[];
}

/** The real server on a socket in a folder of the test's own; closed when the test ends. */
export async function startApi(options: ApiOptions = {}): Promise<Api> {
  const { services, calls } = recordingServices(options.services);
  const logLines: string[] = [];
  const log = pino({ level: options.logLevel ?? "trace" }, { write: (line: string) => void logLines.push(line) });
  const { access = "control", keepAliveMs = 60_000, openApiFile, maxBodiesBytes, isAccessLogged } = options;
  const app = buildServer({
    access,
    services,
    log,
    keepAliveMs,
    ...(options.compat && { compat: options.compat }),
    ...(isAccessLogged && { isAccessLogged }),
    ...(openApiFile && { openApiFile }),
    ...(maxBodiesBytes && { maxBodiesBytes }),
  });
  const path = join(temporaryFolder(), "combot.sock");
  await app.ready();
  await listenOnPath(app.server, path);
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  return { app, path, calls, logLines };
}
