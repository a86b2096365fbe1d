import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CombotError } from "../../../lib/errors.ts";
import type { Access } from "../../../lib/protocol/endpoint.ts";
import type { CompatProtocol } from "../../../lib/compat-protocols.ts";
import { problemReply } from "../problems.ts";
import type { ProblemReply } from "../problems.ts";
import { HUGGING_FACE } from "./hugging-face.ts";
import { OPEN_INFERENCE } from "./open-inference.ts";
import type { CompatContext, Protocol } from "./protocol.ts";
import { TEXT_EMBEDDINGS } from "./text-embeddings.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may call a route that is in no table of endpoints. */
    readonly access?: Access;
    /** Its answers come from the model or the cache. */
    readonly classifies?: boolean;
  }
}

const PROTOCOLS: Readonly<Record<CompatProtocol, Protocol>> = {
  hf: HUGGING_FACE,
  tei: TEXT_EMBEDDINGS,
  oip: OPEN_INFERENCE,
};

export interface CompatOptions extends CompatContext {
  readonly protocols: readonly CompatProtocol[];
  /** What was thrown, as a failure that may be told; a defect is logged. */
  readonly failureOf: (thrown: unknown, request: FastifyRequest) => CombotError;
  /** Sends a refusal, and sees to the connection. */
  readonly refuse: (refusal: ProblemReply, request: FastifyRequest, reply: FastifyReply) => void;
}

/** Each protocol has a prefix of its own, and its refusals are as its clients understand them. */
export function addCompatible(app: FastifyInstance, options: CompatOptions): void {
  for (const name of options.protocols) {
    const protocol = PROTOCOLS[name];
    void app.register(async (scope) => addProtocol(scope, name, protocol, options), { prefix: protocol.prefix });
  }
}

function addProtocol(scope: FastifyInstance, name: CompatProtocol, protocol: Protocol, options: CompatOptions): void {
  scope.setErrorHandler((thrown, request, reply) => {
    const error = options.failureOf(thrown, request);
    const { status, body } = protocol.refusal(error);
    const { headers } = problemReply(error, { requestId: request.id });
    const told = { ...headers, "content-type": "application/json" };
    options.refuse({ status, headers: told, body: Buffer.from(JSON.stringify(body)) }, request, reply);
  });
  scope.addHook("onResponse", async (_request, { statusCode }) => options.services.compatAnswered(name, statusCode));
  protocol.add(scope, options);
}
