import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface SlowRedis {
  readonly port: number;
  end(): void;
}

async function pass(from: Socket, to: Socket, delayMs: number): Promise<void> {
  try {
    for await (const chunk of from) {
      await sleep(delayMs);
      to.write(chunk as Buffer);
    }
  } catch {
    to.destroy();
  }
}

/** A way to a Redis on which one command at a time goes, each for so long: it has a rate that it can't exceed. */
export async function startSlowRedis(socketPath: string, delayMs: number): Promise<SlowRedis> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect(socketPath);
    void pass(client, redis, delayMs);
    redis.pipe(client);
    for (const socket of [client, redis]) sockets.add(socket.on("error", () => socket.destroy()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const end = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, end };
}
