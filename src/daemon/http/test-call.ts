import type { IncomingHttpHeaders } from "node:http";
import type { AskedRequest, ClassifyRequest } from "../../lib/protocol/classify.ts";
import { TEST_HEADER } from "../../lib/protocol/load-test.ts";
import type { Services } from "./services.ts";

/**
 * The call, known for a load test's where it shows the mark that the control socket gives out (docs/decisions/0037). A mark
 * that is not known is none: what a caller adds to its own headers hides nothing.
 */
export function asked(
  request: ClassifyRequest,
  headers: IncomingHttpHeaders,
  services: Pick<Services, "isTestMark">,
): AskedRequest {
  const mark = headers[TEST_HEADER];
  return typeof mark === "string" && services.isTestMark(mark) ? { ...request, isTest: true } : request;
}
