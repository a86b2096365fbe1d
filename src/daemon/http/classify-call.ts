import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { AskedRequest, ClassifyReply, SeveralReply } from "../../lib/protocol/classify.ts";
import type { Services } from "./services.ts";

/** By one model, or by several, as the call says. */
export function classifyBy(
  services: Pick<Services, "classify" | "classifySeveral">,
  body: AskedRequest,
  hangUp: () => AbortSignal,
  timing: CallTiming,
): Promise<ClassifyReply | SeveralReply> {
  return body.models ? services.classifySeveral(body, hangUp, timing) : services.classify(body, hangUp, timing);
}
