import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Receiver {
  readonly url: string;
  /** What was posted, in its order. */
  readonly bodies: readonly unknown[];
  readonly close: () => void;
}

/** A real receiver of alerts, which answers as it is told. */
export async function startReceiver(
  answer: (response: ServerResponse, count: number) => void,
  port = 0,
): Promise<Receiver> {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString("utf8")));
      answer(response, bodies.length);
    });
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret`, bodies, close };
}

export function accept(response: ServerResponse): void {
  response.writeHead(204).end();
}
