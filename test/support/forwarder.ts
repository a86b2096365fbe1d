import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** A port that leads elsewhere, as a name does whose server has changed: connections that are open stay where they are. */
export class Forwarder {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Where new connections go. */
  target: number;
  /** Connections so far. */
  count = 0;

  private constructor(target: number) {
    this.target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  static async start(target: number): Promise<Forwarder> {
    const forwarder = new Forwarder(target);
    forwarder.#server.listen(0, "127.0.0.1");
    await once(forwarder.#server, "listening");
    return forwarder;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  end(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(socket: Socket): void {
    this.count++;
    const other = connect(this.target, "127.0.0.1");
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy()).on("close", () => to.destroy());
      from.pipe(to);
    }
  }
}
