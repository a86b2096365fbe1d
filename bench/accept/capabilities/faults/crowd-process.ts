import { createConnection } from "node:net";
import type { Socket } from "node:net";

// Usage: crowd-process.ts SOCKET CROWD. Does what its name says and keeps it up until it is killed.

const [path = "", crowd = ""] = process.argv.slice(2);
const BODY_BYTES = 900_000;
const HEAD = "POST /api/classify/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";

function get(page: string, count: number): string {
  return `GET ${page} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(count);
}

function connections(count: number, begin: (socket: Socket) => void, isRead = false): void {
  for (let index = 0; index < count; index++) {
    const socket = createConnection(path);
    socket.on("error", () => undefined);
    if (isRead) socket.resume();
    else socket.pause();
    socket.once("connect", () => begin(socket));
  }
}

const CROWDS: Readonly<Record<string, () => void>> = {
  openapi: () => connections(10, (socket) => socket.write(get("/api/openapi.json", 1300))),
  metrics: () => connections(10, (socket) => socket.write(get("/metrics", 1680))),
  "metrics-read": () => connections(10, (socket) => socket.write(get("/metrics", 1680)), true),
  bodies: () =>
    connections(600, (socket) => socket.write(`${HEAD}Content-Length: 1000000\r\n\r\n${"a".repeat(BODY_BYTES)}`)),
  chunks: () =>
    connections(600, (socket) =>
      socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n${(1_000_000).toString(16)}\r\n${"a".repeat(BODY_BYTES)}`),
    ),
  heads: () => connections(3000, (socket) => socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(15_000)}`)),
  idle: () => connections(3000, () => undefined),
};

CROWDS[crowd]?.();
setInterval(() => undefined, 1000);
