import type { IncomingMessage } from "node:http";
import { fastify } from "fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { newTiming } from "../../lib/protocol/call-timing.ts";
import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { CompatProtocol } from "../../lib/compat-protocols.ts";
import { ENDPOINTS, PAGES, PROBES } from "../../lib/protocol/endpoints.ts";
import type { Access, Endpoint } from "../../lib/protocol/endpoint.ts";
import type { EndpointName, ProbeName } from "../../lib/protocol/endpoints.ts";
import { CombotError } from "../../lib/errors.ts";
import { MAX_BODY_BYTES } from "../../lib/protocol/classify.ts";
import { Bodies } from "./bodies.ts";
import { answerBrokenHttp, refuseConnection, refuseUnusualRequests } from "./broken-http.ts";
import { addCompatible } from "./compat/compat.ts";
import { Connections } from "./connections.ts";
import { admissionOf, socketDoor } from "./door.ts";
import type { Door } from "./door.ts";
import { EVENT_STREAM_HEADERS, EventStream } from "./event-stream.ts";
import { goOn, isUntold } from "./expect-continue.ts";
import { hangUpSignal } from "./hang-up.ts";
import { acceptJsonBodies } from "./json-body.ts";
import { openApiDocument } from "./openapi-document.ts";
import { failureOf, problemFor } from "./problems.ts";
import type { ProblemContext, ProblemReply } from "./problems.ts";
import { Refusals } from "./refusals.ts";
import { requestIdOf } from "./request-id.ts";
import { RequestLog } from "./request-log.ts";
import type { Logged } from "./request-log.ts";
import { allRoutes } from "./routes/all.ts";
import { prometheusPage } from "./routes/metrics.ts";
import type { Answer, Call, Handler, Stream } from "./routes/route.ts";
import type { Services } from "./services.ts";
import { openShortWay } from "./short-way.ts";
import { endSilentConnections } from "./silence.ts";
import { hostCount, targetOf } from "./target.ts";
import { endOfTurn, ownTurn } from "./turn.ts";
import { discard } from "./unwanted-body.ts";
import { readBody, readParams, readQuery } from "./validation.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered whoever asks, by whatever name. */
    readonly isProbe?: boolean;
  }
  interface FastifyRequest {
    timing: CallTiming;
  }
}

export type ServerLog = Pick<Logger, "debug" | "error" | "isLevelEnabled" | "child">;

export interface ServerOptions {
  /** The most that a caller can be here; for `user`, calls that are for the control socket alone have no route. */
  readonly access: Access;
  /** Who is who; whoever may open the socket has `access`, unless something else is said. */
  readonly door?: Door;
  readonly services: Services;
  readonly log: ServerLog;
  /** Other servers' protocols that are spoken as well. */
  readonly compat?: readonly CompatProtocol[];
  /** Asked for each request; it is not by default. */
  readonly isAccessLogged?: () => boolean;
  /** How long an idle connection is kept, above 0; KEEPALIVE. */
  readonly keepAliveMs: number;
  /** How long a connection may be silent while a reply is due or not taken; no limit by default. */
  readonly silenceLimitMs?: number;
  /** What bodies may hold here, all together. */
  readonly maxBodiesBytes?: number;
  /** Defaults to the document in the folder the program was built into. */
  readonly openApiFile?: string;
}

/** From the first byte of a request to its last, and to the end of its headers: a client that dawdles gets a 408. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const TIMEOUT_CHECK_MS = 5_000;
const PROBE_HEADERS = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
/** A key of the cache, each character as a percent code. */
const MAX_PARAM_LENGTH = 600;

/**
 * The HTTP API on one socket, not listening yet: `await app.ready()`, then listen with `app.server`.
 *
 * `app.close()` drains: replies under way are finished and say `Connection: close`, idle connections end. It waits for
 * as long as a reply takes; whoever has a deadline calls `app.server.closeAllConnections()` when it is over.
 */
export function buildServer(options: ServerOptions): FastifyInstance {
  const { access, door = socketDoor(access), log } = options;
  const contextOf = ({ method, id: requestId, routeOptions: { url } }: FastifyRequest): ProblemContext => ({
    log,
    method,
    route: url ?? "unknown",
    requestId,
  });
  const sendProblem = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void =>
    refuse(problemFor(thrown, contextOf(request)), request, reply);
  const refuse = ({ status, headers, body }: ProblemReply, request: FastifyRequest, reply: FastifyReply): void => {
    // Nobody knows whether a client that was not told to go on sends its body all the same.
    if (isUntold(request.raw, reply.raw)) reply.raw.shouldKeepAlive = false;
    // Fastify would end the connection over a body it did not take, and a client still sending it see no reply at all.
    const isLast = connections.draining || !reply.raw.shouldKeepAlive;
    if (isLast || reply.hasHeader("connection")) void reply.header("connection", isLast ? "close" : "keep-alive");
    if (options.door || isLast) discard(request.raw, reply.raw);
    void reply.code(status).headers(headers).send(body);
  };
  const app = fastify({ ...fastifyOptions(options), frameworkErrors: sendProblem });
  acceptJsonBodies(app);
  // What a door asks of a caller, and the log of each request, are Fastify's hooks.
  const { recorder } = options.services;
  const requestLog = new RequestLog(log, options.isAccessLogged ?? never, options.door ? "tcp" : access, recorder);
  const isOpen = (): boolean => !options.door && !requestLog.isDebug && !connections.draining;
  const problemOfCall = (thrown: unknown, requestId: string): ProblemReply =>
    problemFor(thrown, { log, method: ENDPOINTS.classify.method, route: ENDPOINTS.classify.path, requestId });
  openShortWay(app.server, { services: options.services, problemFor: problemOfCall, isOpen, requestLog });
  const connections = new Connections(app.server);
  const bodies = new Bodies(({ socket }) => refuseConnection(socket, tooManyBodies()), options.maxBodiesBytes);
  app.server.prependListener("request", (request, response) => bodies.count(request, response));
  const refusals = new Refusals();

  app.decorateRequest("admission");
  app.decorateRequest("timing");
  // A client that has said all it has to say may shut its side, and is answered: see Connection.
  (app.server as { httpAllowHalfOpen?: boolean }).httpAllowHalfOpen = true;
  refuseUnusualRequests(app.server);
  endSilentConnections(app.server);
  app.setErrorHandler(sendProblem);
  app.addHook("preClose", () => connections.drain());
  app.addHook("onRequest", (request, reply, done) => {
    const { id: requestId, raw } = request;
    void reply.header("x-request-id", requestId);
    request.timing = newTiming();
    if (requestLog.isOn) requestLog.follow(raw, reply.raw, loggedOf(request));
    if (hostCount(raw.rawHeaders) > 1) return done(new CombotError("INVALID_REQUEST", "host: there are two of them"));
    // Whoever probes knows an address and nothing else.
    if (request.routeOptions.config.isProbe) return done();
    const admitted = door.admit(request);
    if (admitted instanceof CombotError) return done(admitted);
    request.admission = admitted;
    done(admitted.refusal ?? refusals.refusalOf(request, admitted) ?? goOn(raw, reply.raw));
  });
  if (options.door) tellTokens(app, options.services);
  addRoutes(app, options);
  addCompatible(app, {
    protocols: options.compat ?? [],
    services: options.services,
    failureOf: (thrown, request) => failureOf(thrown, contextOf(request)),
    refuse,
  });
  return app;
}

function fastifyOptions({ keepAliveMs, silenceLimitMs = 0, log }: ServerOptions) {
  return {
    connectionTimeout: silenceLimitMs,
    bodyLimit: MAX_BODY_BYTES,
    keepAliveTimeout: keepAliveMs,
    genReqId: ({ headers }: IncomingMessage) => requestIdOf(headers["x-request-id"]),
    rewriteUrl: targetOf,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    // A request that comes in on an open connection during the drain is answered like any other; the queue knows best.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      requireHostHeader: false, // we do, with a problem document where Node sends a bare 400
    },
    // Given so that Fastify loads neither ajv nor fast-json-stringify: 2 MB, and not one route of ours uses them.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    clientErrorHandler: answerBrokenHttp(log),
  } as const;
}

/** Of those with a name. */
function tellTokens(app: FastifyInstance, services: Services): void {
  app.addHook("onResponse", async ({ admission }, { statusCode }) => {
    if (admission?.token === undefined) return;
    services.tokenAnswered(admission.token, admission.refusal ? "limited" : statusCode);
  });
}

function tooManyBodies(): CombotError {
  const detail = "body: the daemon holds more of what is being sent to it than it has room for";
  return new CombotError("QUEUE_FULL", detail, { retryAfterSeconds: 1 });
}

function addRoutes(app: FastifyInstance, options: ServerOptions): void {
  const { access, services, openApiFile } = options;
  const routes = allRoutes(services);
  for (const name of Object.keys(ENDPOINTS) as EndpointName[]) {
    const endpoint: Endpoint = ENDPOINTS[name];
    if (endpoint.access === "control" && access !== "control") continue;
    // The table of routes has each handler under its endpoint's name; over a union of names TypeScript can't see that.
    const handler = routes[name] as Handler<EndpointName>;
    app.route({
      method: endpoint.method,
      url: endpoint.path.replaceAll(/\{(\w+)\}/gu, ":$1"),
      config: { keepsText: endpoint.keepsText ?? false },
      handler: async (request, reply) => {
        await ownTurn();
        const outcome = await handler(callOf(endpoint, request, reply));
        await endOfTurn();
        return "listen" in outcome ? stream(outcome, request, reply) : render(outcome, reply);
      },
    });
  }
  app.get(PAGES.prometheus, async (_request, reply) => {
    const page = await prometheusPage(services);
    await endOfTurn();
    return render(page, reply);
  });
  for (const name of Object.keys(PROBES) as ProbeName[]) {
    app.get(PROBES[name], { config: { isProbe: true } }, async (_request, reply) => {
      const { isFine, word } = services.probe(name);
      return render({ status: isFine ? 200 : 503, body: word, headers: PROBE_HEADERS }, reply);
    });
  }
  const readDocument = openApiDocument(openApiFile);
  app.get(PAGES.openapi, async (_request, reply) => {
    void reply.type("application/json");
    return readDocument();
  });
}

function callOf(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Call<EndpointName> {
  return {
    query: readQuery(endpoint.query, request.query),
    params: readParams(endpoint.params, request.params),
    body: bodyOf(endpoint, request),
    headers: request.headers,
    accept: request.headers.accept,
    admission: admissionOf(request),
    by: admissionOf(request).by,
    lastEventId: request.headers["last-event-id"] || undefined,
    timing: request.timing,
    hangUp: () => hangUpSignal(reply.raw),
  } as Call<EndpointName>;
}

function bodyOf({ method, body, keepsText }: Endpoint, request: FastifyRequest): unknown {
  if (keepsText) {
    if (typeof request.body === "string") return request.body;
    throw new CombotError("INVALID_JSON", "body: not one JSON document");
  }
  return method === "GET" ? undefined : readBody(body, request.body);
}

function render(answer: Answer, reply: FastifyReply): FastifyReply {
  void reply.code(answer.status);
  if (answer.headers) void reply.headers(answer.headers);
  return reply.send(answer.body);
}

function stream({ listen }: Stream, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.method === "HEAD") return reply.headers(EVENT_STREAM_HEADERS).send();
  reply.raw.setHeader("x-request-id", request.id);
  listen(new EventStream(reply.raw));
  return reply.hijack();
}

/** What its caller's line in a log has; a classification's has its times as well. */
function loggedOf(request: FastifyRequest): Logged {
  const { url: route = "unknown", config } = request.routeOptions;
  const isTimed = config.classifies ?? route === ENDPOINTS.classify.path;
  return {
    requestId: request.id,
    route,
    timing: isTimed ? request.timing : undefined,
    get token() {
      return request.admission?.token;
    },
  };
}

function never(): boolean {
  return false;
}

function noCompiler(): never {
  throw new Error("no route has a Fastify schema");
}
