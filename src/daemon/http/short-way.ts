import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { ENDPOINTS } from "../../lib/protocol/endpoints.ts";
import { classifyRequest, isPlainCall, MAX_BODY_BYTES } from "../../lib/protocol/classify.ts";
import type { ClassifyRequest } from "../../lib/protocol/classify.ts";
import { newTiming, serverTimingOf } from "../../lib/protocol/call-timing.ts";
import { classifyJson } from "./classify-json.ts";
import { classifyBy } from "./classify-call.ts";
import { hangUpSignal } from "./hang-up.ts";
import { documentOf, turnFor } from "./json-body.ts";
import type { ProblemReply } from "./problems.ts";
import { requestIdOf } from "./request-id.ts";
import type { RequestLog } from "./request-log.ts";
import type { Services } from "./services.ts";
import { hostCount } from "./target.ts";
import { asked } from "./test-call.ts";
import { endOfTurn } from "./turn.ts";
import { readBody } from "./validation.ts";

export interface ShortWayOptions {
  readonly services: Pick<Services, "classify" | "classifySeveral" | "isTestMark">;
  readonly problemFor: (thrown: unknown, requestId: string) => ProblemReply;
  readonly requestLog: Pick<RequestLog, "isOn" | "follow">;
  /** False: everything goes the long way. */
  readonly isOpen: () => boolean;
}

const { method: METHOD, path: PATH } = ENDPOINTS.classify;
const JSON_TYPE = "application/json; charset=utf-8";

/**
 * Takes classify calls of the plainest form past Fastify: a JSON body of a known length, on a socket whose callers need
 * no token. They are all that is asked thousands of times a second, and of an answer from memory Fastify's routing, hooks
 * and body parser are a quarter. Whatever is unusual about a call goes the long way, and so does every other call; what
 * comes of it is the same on both.
 */
export function openShortWay(server: Server, options: ShortWayOptions): void {
  const [longWay] = server.listeners("request") as RequestListener[];
  if (!longWay) throw new Error("the server has no listener yet");
  server.removeListener("request", longWay);
  server.on("request", (request, response) => {
    if (isPlain(request) && options.isOpen()) void take(request, response, options);
    else longWay(request, response);
  });
}

function isPlain({ method, url, headers, rawHeaders }: IncomingMessage): boolean {
  return (
    method === METHOD &&
    url === PATH &&
    headers["content-type"] === "application/json" &&
    headers["content-encoding"] === undefined &&
    headers.expect === undefined &&
    hostCount(rawHeaders) === 1 &&
    // Without one it comes in chunks, or there is none.
    Number(headers["content-length"]) <= MAX_BODY_BYTES
  );
}

async function take(request: IncomingMessage, response: ServerResponse, options: ShortWayOptions): Promise<void> {
  const { services, problemFor, requestLog } = options;
  const requestId = requestIdOf(request.headers["x-request-id"]);
  const timing = newTiming();
  if (requestLog.isOn) requestLog.follow(request, response, { requestId, route: PATH, timing });
  try {
    const chunks = await chunksOf(request);
    const own = turnFor(Number(request.headers["content-length"]));
    if (own) await own;
    const found = documentOf(chunks);
    const document = found instanceof Promise ? await found : found;
    const body = isPlainCall(document) ? document : (readBody(classifyRequest, document) as ClassifyRequest);
    const call = asked(body, request.headers, services);
    const made = classifyJson(await classifyBy(services, call, () => hangUpSignal(response), timing));
    const json = made instanceof Promise ? await made : made;
    await endOfTurn();
    const length = Buffer.byteLength(json);
    response.writeHead(200, [
      "content-type",
      JSON_TYPE,
      "content-length",
      String(length),
      "x-request-id",
      requestId,
      "server-timing",
      serverTimingOf(timing),
    ]);
    // Of ASCII alone, which Latin-1 is written as it is: UTF-8 is measured and encoded first.
    if (typeof json === "string" && json.length === length) response.end(json, "latin1");
    else response.end(json);
  } catch (thrown) {
    const { status, headers, body } = problemFor(thrown, requestId);
    response.writeHead(status, { ...headers, "content-length": body.length }).end(body);
  }
}

/** @throws Node's error where the connection breaks before its end. */
function chunksOf(request: IncomingMessage): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    // Each comes once at most, but where it is said that it does, it costs a closure more.
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(chunks));
    request.on("error", reject);
  });
}
