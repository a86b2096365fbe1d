import { accessSync, constants, existsSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { CombotError, systemCodeOf } from "../errors.ts";
import { failureBy } from "../system-errors.ts";

// The CLI needs this file for every call: it imports nothing but the errors, zod least of all.

export const USER_SOCKET = "combot.sock";
export const CONTROL_SOCKET = "control.sock";

/** The folder that tmpfiles.d makes on a machine that combot was deployed on. */
const SYSTEM_FOLDER = "/run/combot";

/** sockaddr_un takes 108 bytes on Linux, the closing NUL among them (unix(7)). */
export const SOCKET_PATH_MAX_BYTES = 107;

export interface SocketSurroundings {
  /** What --socket or COMBOT_SOCKET says, if either does; a relative path starts from the working folder. */
  readonly configured?: string | null | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly temporaryFolder: string;
  /** Defaults to /run/combot. */
  readonly systemFolder?: string;
}

export interface SocketChoice {
  readonly path: string;
  readonly controlPath: string;
  readonly from: "configured" | "system" | "runtime" | "temporary";
}

/**
 * The order of the socket's places: configured, the system folder where `hasSystemFolder`, $XDG_RUNTIME_DIR (ignored
 * where relative, as the XDG base directory specification wants), a folder of our own in the temporary folder.
 */
export function chooseSocket(around: SocketSurroundings, hasSystemFolder: boolean): SocketChoice {
  const runtimeFolder = around.env["XDG_RUNTIME_DIR"] ?? "";
  if (around.configured) return choice(resolve(around.configured), "configured");
  if (hasSystemFolder) return choice(join(around.systemFolder ?? SYSTEM_FOLDER, USER_SOCKET), "system");
  if (isAbsolute(runtimeFolder)) return choice(join(runtimeFolder, "combot", USER_SOCKET), "runtime");
  return choice(join(around.temporaryFolder, `combot-${around.uid}`, USER_SOCKET), "temporary");
}

function choice(path: string, from: SocketChoice["from"]): SocketChoice {
  const folder = dirname(path);
  return { path, controlPath: join(folder, CONTROL_SOCKET), from };
}

/** Where this process runs. `configured` is what --socket says, or what the daemon's settings came to. */
export function socketSurroundings(configured?: string | null): SocketSurroundings {
  const { env } = process;
  return {
    configured: configured ?? env["COMBOT_SOCKET"],
    env,
    uid: process.geteuid?.() ?? 0,
    temporaryFolder: tmpdir(),
  };
}

/**
 * The sockets for what a client asks. Whoever may run combot and not use it (combot-admin alone) asks everything of the
 * control socket, which has the user socket's calls as well.
 *
 * @throws {CombotError} as `socketForClient`.
 */
export function socketsToAsk(around: SocketSurroundings): SocketChoice {
  const sockets = socketForClient(around);
  const isShut = existsSync(sockets.path) && !mayConnect(sockets.path);
  return isShut && mayConnect(sockets.controlPath) ? { ...sockets, path: sockets.controlPath } : sockets;
}

/**
 * The socket for a client, which makes no folder. Where nothing listens anywhere but the system folder is there, it is
 * the system's socket: the message then names the service that is down.
 *
 * @throws {CombotError} `SOCKET_UNSAFE` if somebody else has put his folder in the place of ours.
 */
export function socketForClient(around: SocketSurroundings): SocketChoice {
  const system = chooseSocket(around, true);
  if (system.from === "configured" || existsSync(system.path)) return fitting(system);
  const own = chooseSocket(around, false);
  if (!existsSync(own.path) && existsSync(dirname(system.path))) return fitting(system);
  if (own.from === "temporary" && existsEvenBroken(dirname(own.path)))
    refuseUnsafeFolder(dirname(own.path), around.uid);
  return fitting(own);
}

/**
 * The socket for the daemon, its folder made where the folder is ours to make (mode 0700).
 *
 * @throws {CombotError} `SOCKET_UNSAFE` unless that folder is a real directory of our own with that mode.
 */
export function socketForDaemon(around: SocketSurroundings): SocketChoice {
  const chosen = fitting(chooseSocket(around, mayWriteIn(around.systemFolder ?? SYSTEM_FOLDER)));
  if (chosen.from === "runtime" || chosen.from === "temporary") makePrivateFolder(dirname(chosen.path), around.uid);
  return chosen;
}

/** Makes the folder, or accepts the one that is there if it is as we would have made it. */
export function makePrivateFolder(folder: string, uid: number): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (thrown) {
    if (systemCodeOf(thrown) !== "EEXIST") {
      throw failureBy(thrown, "SOCKET_UNAVAILABLE", `${folder} can't be made: ${systemCodeOf(thrown)}`);
    }
  }
  refuseUnsafeFolder(folder, uid);
}

/** lstat, not stat: a link that another user planted in the shared temporary folder must not be followed. */
function refuseUnsafeFolder(folder: string, uid: number): void {
  const status = lstatSync(folder);
  const mode = status.mode & 0o777;
  const fault = !status.isDirectory()
    ? "is not a directory"
    : status.uid !== uid
      ? `belongs to uid ${status.uid}, not to ${uid}`
      : mode !== 0o700 && `has mode 0${mode.toString(8)}, not 0700`;
  if (fault) throw new CombotError("SOCKET_UNSAFE", `${folder} ${fault}`);
}

/** What is wrong with a socket's path, if anything: Node cuts one that is too long without a word. */
export function socketPathFault(path: string): string | undefined {
  if (basename(path) === CONTROL_SOCKET) return `is the name of the control socket, which lies beside it`;
  const longest = Math.max(Buffer.byteLength(path), Buffer.byteLength(join(dirname(path), CONTROL_SOCKET)));
  return longest > SOCKET_PATH_MAX_BYTES ? `is longer than ${SOCKET_PATH_MAX_BYTES} bytes` : undefined;
}

function fitting(chosen: SocketChoice): SocketChoice {
  const fault = socketPathFault(chosen.path);
  if (fault) throw new CombotError("USAGE", `The socket path ${chosen.path} ${fault}.`);
  return chosen;
}

function mayWriteIn(folder: string): boolean {
  return mayAccess(folder, constants.W_OK | constants.X_OK);
}

/** Connecting takes the right to write, unix(7). */
function mayConnect(socket: string): boolean {
  return mayAccess(socket, constants.W_OK);
}

function mayAccess(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function existsEvenBroken(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
