import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { ClassifyReply, ClassifyRequest, SeveralReply } from "../../lib/protocol/classify.ts";
import type { Services } from "./services.ts";

/** By one model, or by several, as the call says. */
export function classifyBy(
  services: Pick<Services, "classify" | "classifySeveral">,
  body: ClassifyRequest,
  hangUp: () => AbortSignal,
  timing: CallTiming,
): Promise<ClassifyReply | SeveralReply> {
  return body.models ? services.classifySeveral(body, hangUp, timing) : services.classify(body, hangUp, timing);
}
