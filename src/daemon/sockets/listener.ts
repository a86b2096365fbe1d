import { once } from "node:events";
import { chmodSync, linkSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import { createConnection } from "node:net";
import type { Server } from "node:net";
import { dirname } from "node:path";
import { CombotError, systemCodeOf } from "../../lib/errors.ts";
import { failureBy } from "../../lib/system-errors.ts";
import { prepareSocketFolder } from "./folder.ts";
import { describeHolder } from "./holder.ts";
import { withStartLock } from "./start-lock.ts";

export interface ListenOptions {
  /** Permissions of the socket: who may connect. */
  readonly mode?: number;
  /** Connections that may wait to be accepted; the kernel's somaxconn is the limit. */
  readonly backlog?: number;
  /** Of this process; the folder has to be its own or root's. */
  readonly uid?: number;
}

const DEFAULT_MODE = 0o660;
/** As in the socket unit: a stall of a tenth of a second at 10,000 requests/s opens more than the usual 511. */
const DEFAULT_BACKLOG = 4096;

/** Between bind and chmod only the owner gets in; a folder that another thread makes meanwhile stays usable to us. */
const BINDING_UMASK = 0o077;

/**
 * Makes `server` listen on a Unix socket of its own at `path` (absolute). A socket file that nobody listens on is
 * taken over. When the server closes, the file goes with it, if it is still this server's.
 *
 * @throws {CombotError} `INSTANCE_RUNNING` where somebody listens there, with who it is; `SOCKET_UNSAFE` for a folder
 * that is not safe, or something at `path` that is no socket (it is left alone); `SOCKET_UNAVAILABLE` for a path that
 * can't be bound; `TOO_MANY_FILES`.
 */
export async function listenOnPath(server: Server, path: string, options: ListenOptions = {}): Promise<void> {
  const folder = dirname(path);
  prepareSocketFolder(folder, options.uid ?? process.getuid?.() ?? 0);
  await withStartLock(folder, async () => {
    await freePath(path);
    await bind(server, path, options);
  });
}

/** Makes `server` listen on a socket that systemd or a parent has bound; that file stays when the server closes. */
export async function listenOnDescriptor(server: Server, fd: number): Promise<void> {
  server.listen({ fd });
  await once(server, "listening");
}

async function freePath(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) throw new CombotError("SOCKET_UNSAFE", `${path} is there and is not a socket; remove it`);
  const state = await tryToConnect(path);
  if (state === "live") throw await alreadyHeld(path);
  if (state === "stale") unlinkSync(path);
}

async function alreadyHeld(path: string): Promise<CombotError> {
  return new CombotError("INSTANCE_RUNNING", `${path} is held by ${await describeHolder(path)}`);
}

/** A connection that the kernel takes means a listener, even one that is stopped or has its backlog full. */
async function tryToConnect(path: string): Promise<"live" | "stale" | "gone"> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return "live";
  } catch (thrown) {
    const code = systemCodeOf(thrown);
    if (code === "EAGAIN") return "live";
    if (code === "ECONNREFUSED") return "stale";
    if (code === "ENOENT") return "gone";
    throw failureBy(thrown, "SOCKET_UNAVAILABLE", `${path} is there and can't be tried: ${code}`);
  } finally {
    socket.destroy();
  }
}

async function bind(server: Server, path: string, options: ListenOptions): Promise<void> {
  const listening = once(server, "listening");
  const umaskBefore = process.umask(BINDING_UMASK);
  try {
    server.listen({ path, backlog: options.backlog ?? DEFAULT_BACKLOG }); // binds before it returns
    if (server.listening) chmodSync(path, options.mode ?? DEFAULT_MODE);
  } finally {
    process.umask(umaskBefore);
  }
  try {
    await listening;
  } catch (thrown) {
    const code = systemCodeOf(thrown);
    if (code === "EADDRINUSE") throw await alreadyHeld(path);
    throw failureBy(thrown, "SOCKET_UNAVAILABLE", `${path} can't be bound: ${code}`);
  }
  spareForeignSocket(server, path, lstatSync(path));
}

/**
 * libuv unlinks the path that it bound when the handle closes, whoever's socket lies there by then: where an operator
 * removed the file and started a second daemon, the end of the first would take the second's socket away. So a foreign
 * file gets a second name while the handle closes. An own `close` on this one server, so that no caller can forget it.
 */
function spareForeignSocket(server: Server, path: string, ours: Stats): void {
  const close = server.close.bind(server);
  server.close = (callback) => {
    const found = server.listening ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    if (!found || (found.ino === ours.ino && found.dev === ours.dev)) return close(callback);
    const aside = `${path}.${process.pid}`;
    linkSync(path, aside);
    close(callback);
    renameSync(aside, path);
    return server;
  };
}
