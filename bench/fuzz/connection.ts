import { createConnection } from "node:net";
import type { Socket, TcpNetConnectOpts, IpcNetConnectOpts } from "node:net";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { ReplyReader } from "./replies.ts";
import type { Fault } from "./replies.ts";
import type { Session } from "./session.ts";

export type Address = Pick<IpcNetConnectOpts, "path"> | Pick<TcpNetConnectOpts, "host" | "port">;

export interface SessionOutcome {
  readonly faults: readonly Fault[];
  /** Replies that were due, and did not come, though no reply said that it was the last. */
  readonly missing: number;
}

/** Longer than a request may take. */
const ANSWER_LIMIT_MS = 90_000;
/** Nobody knows how many replies are due to what is no HTTP. */
const QUIET_MS = 25;
const TOLD_MS = 500;

/** A connection to the daemon, on which one session after another is sent. */
export class FuzzConnection {
  readonly #socket: Socket;
  readonly #replies: ReplyReader;
  #wake: () => void = () => undefined;
  #isOver = false;

  private constructor(socket: Socket, statuses: Map<number, number>) {
    this.#socket = socket;
    this.#replies = new ReplyReader(statuses);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      this.#replies.add(chunk);
      this.#wake();
    });
    socket.once("close", () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** @throws where it is refused. */
  static async open(address: Address, statuses: Map<number, number>): Promise<FuzzConnection> {
    const socket = createConnection({ ...address } as TcpNetConnectOpts);
    await once(socket, "connect");
    return new FuzzConnection(socket, statuses);
  }

  get isUsable(): boolean {
    return !this.#isOver && this.#socket.writable;
  }

  async send(session: Session): Promise<SessionOutcome> {
    const { bytes, cutAt, manner, pauseMs, requests, isSound } = session;
    const before = this.#replies.count;
    const answered = (): number => this.#replies.count - before;
    if (manner === "unread") this.#socket.pause();
    if (manner === "half" || manner === "pieces") {
      this.#socket.write(bytes.subarray(0, cutAt));
      await delay(pauseMs);
      if (manner === "pieces") this.#socket.write(bytes.subarray(cutAt));
    } else this.#socket.write(bytes);
    if (isSound) await this.#until(() => answered() >= requests.length, ANSWER_LIMIT_MS);
    else if (manner === "unread") await delay(pauseMs);
    else if (manner !== "half") await this.#untilQuiet(() => answered() >= requests.length);
    await this.#until(() => this.#replies.isTold, TOLD_MS);
    const missing = isSound && !this.#replies.isLast ? Math.max(0, requests.length - answered()) : 0;
    if (!isSound || missing > 0) this.end();
    return { faults: this.#replies.takeFaults(), missing };
  }

  end(): void {
    this.#socket.destroy();
  }

  /** Until it is so, or the connection has ended, or the time is over. */
  async #until(isSo: () => boolean, limitMs: number): Promise<void> {
    if (isSo() || this.#isOver) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    this.#wake = () => {
      if (isSo() || this.#isOver) resolve();
    };
    await promise;
    clearTimeout(timer);
    this.#wake = () => undefined;
  }

  /** Until it is so, or nothing has come for a while. */
  async #untilQuiet(isSo: () => boolean): Promise<void> {
    for (let read = -1; read !== this.#socket.bytesRead && !this.#isOver && !isSo();) {
      read = this.#socket.bytesRead;
      await this.#until(isSo, QUIET_MS);
    }
  }
}
