import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import type { ClassifyItem, ClassifyRequest } from "../../../src/lib/protocol/classify.ts";
import { ENDPOINTS, type EndpointName } from "../../../src/lib/protocol/endpoints.ts";
import { PROBLEM_TYPE, problemOf } from "../../../src/lib/protocol/problem.ts";
import {
  ALERTS_REPLY,
  CACHE_STATS,
  CONFIG,
  HEALTH,
  MEMORY,
  METRICS,
  PROCESS_STATUS,
  REDIS_STATUS,
} from "../../support/sample-replies.ts";
import { temporaryFolder } from "../../support/temporary.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** In the place of a body. */
  readonly stream?: (response: ServerResponse) => void;
}

export interface Asked {
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly lastEventId?: string | undefined;
}

/** A CombotError that it throws goes out as a problem. `undefined`: no answer at all, ever. */
export type Handler = (asked: Asked) => Answer | undefined | Promise<Answer | undefined>;
export type Handlers = Partial<Record<EndpointName, Handler>>;

/** Labels each text with itself, so that a mix-up of lines shows. */
export function echo({ body }: Asked): Answer {
  const { texts = [] } = body as ClassifyRequest;
  const results = texts.map((text) => ({ label: labelOf(text), score: 0.5, cached: false as const }));
  return { status: 200, body: { results, model: { name: "echo", digest: "0".repeat(12) }, durationMs: 1 } };
}

function labelOf(item: ClassifyItem): string {
  return typeof item === "string" ? item : `${item.text} ${item.textPair ?? ""}`;
}

const DEFAULTS: Handlers = {
  classify: echo,
  health: () => ({ status: 200, body: HEALTH }),
  models: () => ({ status: 200, body: { models: [], dir: null } }),
  memory: () => ({ status: 200, body: MEMORY }),
  metrics: () => ({ status: 200, body: METRICS }),
  processStatus: () => ({ status: 200, body: PROCESS_STATUS }),
  alerts: () => ({ status: 200, body: ALERTS_REPLY }),
  cacheStats: () => ({ status: 200, body: CACHE_STATS }),
  redisStatus: () => ({ status: 200, body: REDIS_STATUS }),
  config: () => ({ status: 200, body: CONFIG }),
};

export interface FakeDaemon {
  /** The user socket. */
  readonly socket: string;
  /** What was asked, in its order. */
  readonly calls: readonly (Asked & { readonly name: EndpointName })[];
  stop(): Promise<void>;
}

/** Speaks the protocol on two Unix sockets in a folder of its own, until the test ends. */
export async function startFakeDaemon(handlers: Handlers = {}, socket?: string): Promise<FakeDaemon> {
  const path = socket ?? join(temporaryFolder(), "combot.sock");
  const calls: (Asked & { name: EndpointName })[] = [];
  const all: Handlers = { ...DEFAULTS, ...handlers };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://localhost");
    const name = nameOf(request.method, pathname);
    const body: unknown = await readJson(request);
    const asked = { query, body, lastEventId: request.headers["last-event-id"] as string | undefined };
    calls.push({ name, ...asked });
    const reply = await reactTo(all[name], asked);
    if (reply) send(response, reply);
  };
  const servers = [createServer(listener), createServer(listener)] as const;
  await listen(servers[0], path);
  await listen(servers[1], join(path, "..", "control.sock"));
  const stop = async (): Promise<void> => {
    for (const server of servers) server.closeAllConnections();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  onTestFinished(stop);
  return { socket: path, calls, stop };
}

function nameOf(method: string | undefined, path: string): EndpointName {
  const names = Object.keys(ENDPOINTS) as EndpointName[];
  const name = names.find((candidate) => ENDPOINTS[candidate].path === path && ENDPOINTS[candidate].method === method);
  if (!name) throw new Error(`${method} ${path} is not of the protocol`);
  return name;
}

async function reactTo(handler: Handler | undefined, asked: Asked): Promise<Answer | undefined> {
  try {
    return await handler?.(asked);
  } catch (thrown) {
    if (!(thrown instanceof CombotError)) throw thrown;
    const body = problemOf(thrown);
    return { status: body.status, body: { ...body, retryAfterSeconds: thrown.retryAfterSeconds } };
  }
}

function send(response: ServerResponse, { status, body, stream }: Answer): void {
  if (stream) return stream(response.writeHead(status, { "content-type": "text/event-stream" }));
  const { retryAfterSeconds } = body as { retryAfterSeconds?: number };
  const type = status < 400 ? "application/json" : PROBLEM_TYPE;
  const headers = {
    "content-type": type,
    ...(retryAfterSeconds !== undefined && { "retry-after": String(retryAfterSeconds) }),
  };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => server.once("error", reject).listen(path, resolve));
}
