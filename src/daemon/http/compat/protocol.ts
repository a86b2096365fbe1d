import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { serverTimingOf } from "../../../lib/protocol/call-timing.ts";
import { classifyRequest } from "../../../lib/protocol/classify.ts";
import type { ClassifyReply, ClassifyRequest, ClassifyResult, LabelScore } from "../../../lib/protocol/classify.ts";
import type { CombotError } from "../../../lib/errors.ts";
import { admissionOf, prioritised } from "../door.ts";
import { hangUpSignal } from "../hang-up.ts";
import type { NamedModel, Services } from "../services.ts";
import { endOfTurn } from "../turn.ts";
import { readBody } from "../validation.ts";

/** Another server's protocol, over our queue, cache, limits and tokens. */
export interface Protocol {
  readonly prefix: string;
  /** As its clients understand it; the status of the reply, and its body as JSON. */
  readonly refusal: (error: CombotError) => { readonly status: number; readonly body: object };
  readonly add: (scope: FastifyInstance, context: CompatContext) => void;
}

export interface CompatContext {
  readonly services: Services;
}

/** Of a route that classifies: its time is told and logged. */
export const CLASSIFIES = { config: { access: "user", classifies: true } } as const;
export const TELLS = { config: { access: "user" } } as const;
export const OPERATES = { config: { access: "control" } } as const;

/** As every classification is asked for, within the same limits. @throws {CombotError} */
export async function classifyAs(
  services: Services,
  { asks: model }: Pick<NamedModel, "asks">,
  asked: ClassifyRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<ClassifyReply> {
  const call = readBody(classifyRequest, model === undefined ? asked : { ...asked, model }) as ClassifyRequest;
  const own = prioritised(call, admissionOf(request));
  const answer = await services.classify(own, () => hangUpSignal(reply.raw), request.timing);
  void reply.header("server-timing", serverTimingOf(request.timing));
  await endOfTurn();
  return answer;
}

/** Best first. */
export function scoresOf({ scores, label, score }: ClassifyResult): readonly LabelScore[] {
  return scores ?? [{ label, score }];
}
