import type { Readable } from "node:stream";
import { CombotError } from "../errors.ts";
import { ENDPOINTS } from "../protocol/endpoints.ts";
import type { ProgressName } from "../protocol/endpoints.ts";
import { EventText } from "./event-text.ts";
import type { WireEvent } from "./event-text.ts";
import { isCutOff } from "./retry.ts";

/** The event that a stream of progress ends with. */
const LAST = "done";

/**
 * The events of work that tells how far it is, up to the last.
 *
 * @throws {CombotError} `REPLY_INVALID`; `DAEMON_UNREACHABLE` where the stream ends before the work.
 */
export async function* readProgress(name: ProgressName, stream: Readable): AsyncGenerator<unknown, void> {
  const text = new EventText();
  try {
    for await (const chunk of stream) {
      for (const event of text.push(String(chunk))) {
        yield checked(name, event);
        if (event.event === LAST) return;
      }
    }
  } catch (thrown) {
    if (!isCutOff(thrown)) throw thrown;
  }
  throw new CombotError("DAEMON_UNREACHABLE", "The stream of events broke off.");
}

function checked(name: ProgressName, { event, data }: WireEvent): unknown {
  const parsed = ENDPOINTS[name].replies[200].safeParse(
    { event, data: JSON.parse(data) as unknown },
    { jitless: true },
  );
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CombotError("REPLY_INVALID", `event ${event}: ${issue?.path.join(".")}: ${issue?.message}`);
}
