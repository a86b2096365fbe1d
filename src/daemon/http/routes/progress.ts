import type { EventListener } from "../services.ts";
import type { Stream } from "./route.ts";

interface ProgressEvent {
  readonly event: string;
  readonly data: unknown;
}

/** A client that reads more slowly than the work goes on misses some of the progress, and never the end. */
const MAX_BEHIND_BYTES = 64 * 1024;

/** Work that tells how far it is, as server-sent events; the stream ends with it. */
export function progressOf(events: AsyncIterable<ProgressEvent>): Stream {
  return { listen: (listener) => void tell(events, listener) };
}

async function tell(events: AsyncIterable<ProgressEvent>, listener: EventListener): Promise<void> {
  for await (const { event, data } of events) {
    if (event === "progress" && listener.behindBytes > MAX_BEHIND_BYTES) continue;
    listener.send(Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
  }
  listener.end();
}
