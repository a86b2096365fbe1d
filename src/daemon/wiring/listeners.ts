import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { socketForDaemon, socketSurroundings } from "../../lib/config/socket-path.ts";
import type { Settings } from "../../lib/config/settings.ts";
import { hangLimitMs } from "../../lib/slowness.ts";
import { buildServer } from "../http/server.ts";
import type { Services } from "../http/services.ts";
import type { Logger } from "../log/log.ts";
import { connectionRoom } from "./connection-room.ts";
import { warnOfRefused } from "./refused-connections.ts";
import { silenceLimitOf } from "./silence-limit.ts";
import { inheritedSockets } from "../sockets/inherited.ts";
import { listenOnDescriptor, listenOnPath } from "../sockets/listener.ts";
import { listenOnTcp } from "./tcp-listener.ts";

/** Connections that are still busy this long after the daemon was told to stop are cut. */
const CLOSE_LIMIT_MS = hangLimitMs(25_000);

/** Its own: who fills up the user socket leaves it its room. */
const CONTROL_CONNECTIONS = 256;

export interface Listeners {
  /** What is listened on, for the log. */
  readonly addresses: Readonly<Record<"user" | "control", string>> & { readonly tcp?: string };
  /** How long idle connections are kept from now on. */
  keepIdle(keepAliveMs: number): void;
  /** Takes no new connection; resolves when the replies under way are finished. */
  close(): Promise<void>;
}

/**
 * Serves the API on both sockets, and over TCP where COMBOT_LISTEN says so: on those that systemd passed, and on our own
 * for what it did not.
 *
 * @throws {CombotError} `INSTANCE_RUNNING`, `SOCKET_UNSAFE`, `ADDRESS_UNAVAILABLE` or `CONFIG_INVALID`; the process has
 * to end then.
 */
export async function listen(settings: Settings, services: Services, log: Logger): Promise<Listeners> {
  const inherited = inheritedSockets(process.env, process.pid, settings.socketPath ?? undefined);
  const both = inherited.user !== undefined && inherited.control !== undefined;
  const paths = both ? undefined : socketForDaemon(socketSurroundings(settings.socketPath));
  const addresses = { user: "", control: "" };
  const apps: FastifyInstance[] = [];
  // The control socket first: whoever finds the user socket there may count on the other one.
  for (const access of ["control", "user"] as const) {
    // On the control socket a switch of the model may take as long as it takes.
    const silenceLimitMs = access === "user" ? silenceLimitOf(settings) : 0;
    const isAccessLogged = (): boolean => settings.accessLog;
    const { keepAliveMs, compat } = settings;
    const app = buildServer({ access, services, log, compat, isAccessLogged, keepAliveMs, silenceLimitMs });
    await app.ready();
    app.server.maxConnections = access === "user" ? connectionRoom() : CONTROL_CONNECTIONS;
    const refused = warnOfRefused(log, `too many connections on the ${access} socket: closed as they come`);
    app.server.on("drop", () => refused());
    apps.push(app);
    const fd = inherited[access];
    const path = access === "user" ? paths?.path : paths?.controlPath;
    addresses[access] = fd === undefined ? String(path) : `descriptor ${fd}`;
    if (fd !== undefined) await listenOnDescriptor(app.server, fd);
    else if (path !== undefined) await listenOnPath(app.server, path);
  }
  const tcp = await listenOnTcp(inherited.tcp, settings, services, log);
  if (tcp) apps.push(tcp.app);
  return {
    addresses: { ...addresses, ...(tcp && { tcp: tcp.address }) },
    keepIdle: (keepAliveMs) => {
      for (const app of apps) app.server.keepAliveTimeout = keepAliveMs;
    },
    close: async () => {
      const closed = Promise.all(apps.map((app) => app.close()));
      const late = delay(CLOSE_LIMIT_MS, "late" as const, { ref: false });
      if ((await Promise.race([closed, late])) === "late") for (const app of apps) app.server.closeAllConnections();
      await closed;
    },
  };
}
