import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ClassifyRequest } from "../../../../src/lib/protocol/classify.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

export interface KnownServer {
  readonly path: string;
  readonly asked: readonly ClassifyRequest[];
  /** Connections made so far. */
  readonly connections: () => number;
  readonly server: Server;
}

export type Answerer = (request: ClassifyRequest, response: ServerResponse, index: number) => void;

/** A classify reply, as the daemon gives them. */
export function reply(response: ServerResponse, cached: "memory" | "redis" | false = false): void {
  const body = { results: [{ label: "x", score: 1, cached }], model: { name: "m", digest: "d" }, durationMs: 1 };
  send(response, 200, body);
}

export function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}

/** On a Unix socket of its own, until the test ends. */
export async function startKnownServer(answer: Answerer): Promise<KnownServer> {
  const asked: ClassifyRequest[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as ClassifyRequest;
      answer(body, response, asked.push(body) - 1);
    });
  });
  server.on("connection", () => (connections += 1));
  const path = join(temporaryFolder(), "known.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { path, asked, connections: () => connections, server };
}
