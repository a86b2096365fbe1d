import { Agent, request } from "node:http";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Call {
  readonly socketPath: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** Beside those of the body, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/** One connection for each client that keeps its agent. */
export function keepAliveAgent(connections: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
}

/** One HTTP call over a Unix socket, as bare as it gets: what it measures is the daemon and not the client. */
export function callSocket({
  socketPath,
  method = "GET",
  path,
  body,
  headers: more,
  agent,
  signal,
}: Call): Promise<Reply> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const ofBody =
    payload === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
  const headers = { ...ofBody, ...more };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method, path, headers, ...(agent ? { agent } : {}), ...(signal ? { signal } : {}) },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: Buffer.concat(chunks).toString(),
          });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(payload);
  });
}
