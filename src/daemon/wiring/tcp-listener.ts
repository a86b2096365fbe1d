import type { FastifyInstance } from "fastify";
import type { Settings } from "../../lib/config/settings.ts";
import { CombotError } from "../../lib/errors.ts";
import { limitPeers } from "../http/peers.ts";
import { buildServer } from "../http/server.ts";
import type { Services } from "../http/services.ts";
import { TcpDoor } from "../http/tcp-door.ts";
import type { Logger } from "../log/log.ts";
import { connectionRoom } from "./connection-room.ts";
import { warnOfRefused } from "./refused-connections.ts";
import { silenceLimitOf } from "./silence-limit.ts";
import { listenOnDescriptor } from "../sockets/listener.ts";
import { addressOf, listenOnAddress, listenOnOthers } from "../sockets/tcp.ts";

/** Of all peers together. An idle one costs some 10 KB, one that sends a call up to 1 MiB. */

const TOO_MANY = "too many TCP connections: closed as they come (COMBOT_LISTEN_MAX_PER_PEER)";

export interface TcpListener {
  readonly app: FastifyInstance;
  readonly address: string;
}

/**
 * Serves the API over TCP; undefined where COMBOT_LISTEN is off.
 *
 * @param fd the socket that systemd opened for it, if it did.
 * @throws {CombotError} `ADDRESS_UNAVAILABLE`; `CONFIG_INVALID` for a socket that no setting asks for.
 */
export async function listenOnTcp(
  fd: number | undefined,
  settings: Settings,
  services: Services,
  log: Logger,
): Promise<TcpListener | undefined> {
  const { listen, keepAliveMs } = settings;
  if (listen === null) {
    if (fd === undefined) return undefined;
    throw new CombotError("CONFIG_INVALID", "The socket unit opens a TCP address, and COMBOT_LISTEN is off.");
  }
  const app = buildServer({
    access: "control",
    door: new TcpDoor(settings, () => performance.now()),
    services,
    log,
    compat: settings.compat,
    isAccessLogged: () => settings.accessLog,
    keepAliveMs,
    silenceLimitMs: silenceLimitOf(settings),
  });
  await app.ready();
  limitPeers(app.server, { perPeer: settings.listenMaxPerPeer, total: connectionRoom() }, warnOfRefused(log, TOO_MANY));
  if (fd === undefined) await listenOnAddress(app.server, listen);
  else {
    await listenOnDescriptor(app.server, fd);
    await listenOnOthers(app.server, listen);
  }
  return { app, address: addressOf(app.server) };
}
