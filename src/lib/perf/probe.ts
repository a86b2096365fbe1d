import type { Client } from "../client.ts";
import { readReply } from "../client/reply.ts";
import { CombotError, messageOf } from "../errors.ts";
import type { ClassifyReply } from "../protocol/classify.ts";
import { ENDPOINTS } from "../protocol/endpoints.ts";
import { HttpConnection } from "./load/connection.ts";
import { TEST_HEADER } from "../protocol/load-test.ts";
import { orderOf } from "./plan.ts";
import type { PerfPlan } from "./plan.ts";

const QUESTION = { text: "where is my parcel", noCache: true } as const;

/**
 * One question, so that the model is loaded and known before the load begins.
 *
 * @throws {CombotError} what the daemon says, or `DAEMON_UNREACHABLE`.
 */
export async function probe(client: Client, plan: PerfPlan): Promise<ClassifyReply["model"]> {
  const timeoutMs = plan.timeoutSeconds * 1000;
  const marked = plan.mark === null ? {} : { [TEST_HEADER]: plan.mark };
  const question = { ...QUESTION, ...(plan.model !== null && { model: plan.model }) };
  if ("path" in plan.address)
    return (await client.call("classify", { body: question, timeoutMs, headers: marked })).model;
  const { host, port } = plan.address;
  try {
    const connection = await HttpConnection.open(plan.address);
    const { headers } = orderOf(plan);
    const { status, body } = await connection.post(ENDPOINTS.classify.path, JSON.stringify(question), headers);
    connection.close();
    const raw = { status, body: body.toString("utf8"), retryAfterSeconds: undefined };
    return (readReply(ENDPOINTS.classify, raw) as ClassifyReply).model;
  } catch (thrown) {
    if (thrown instanceof CombotError) throw thrown;
    throw new CombotError("DAEMON_UNREACHABLE", `${host}:${port}: ${messageOf(thrown)}`, { cause: thrown });
  }
}
