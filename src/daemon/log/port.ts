import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";

/** Where the log goes, written without waiting. */
export interface LogPort {
  /**
   * How many of the bytes were taken; 0 where the reader has to read first.
   *
   * @throws Node's error where they can't be written now: a full disk, a reader that has gone.
   */
  write(bytes: Buffer): number;
}

/** What a descriptor needs so that a write to it never waits. */
export function openLogPort(fd: number): LogPort {
  const stat = fstatSync(fd);
  if (stat.isSocket()) return new SocketPort(fd);
  if (stat.isFIFO()) return reopened(fd) ?? new SocketPort(fd);
  // Whoever presses Ctrl-S stops a terminal.
  if (isatty(fd)) return reopened(fd) ?? new FilePort(fd);
  return new FilePort(fd);
}

/**
 * An open file description of our own for the same pipe or terminal, because O_NONBLOCK counts for all who share one.
 * Undefined where it may not be opened: another user made the pipe, or nobody reads it.
 */
function reopened(fd: number): LogPort | undefined {
  try {
    return new FilePort(
      openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY),
    );
  } catch {
    return undefined;
  }
}

/** Files, devices, and what was opened so that it does not block. */
class FilePort implements LogPort {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(bytes: Buffer): number {
    try {
      return writeSync(this.#fd, bytes);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "EAGAIN") return 0;
      throw thrown;
    }
  }
}

/** Sockets, as journald's is, and pipes that can't be opened anew: libuv's, which it makes non-blocking itself. */
class SocketPort implements LogPort {
  readonly #fd: number;
  #socket: Socket | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** What libuv could not write at once stays in the socket, and nothing is taken until it has gone. */
  write(bytes: Buffer): number {
    this.#socket ??= this.#open();
    const { errored } = this.#socket;
    if (!errored && this.#socket.writableLength > 0) return 0;
    if (!errored) this.#socket.write(bytes);
    // Known at once where the other end has gone.
    if (this.#socket.errored) throw this.#socket.errored;
    return bytes.length;
  }

  /** One that broke is opened again; libuv leaves descriptors 0 to 2 open when it closes them. */
  #open(): Socket {
    const socket = new Socket({ fd: this.#fd, readable: false, writable: true });
    socket.on("error", () => undefined);
    socket.once("close", () => (this.#socket = undefined));
    // The log keeps nobody from ending.
    socket.unref();
    return socket;
  }
}
