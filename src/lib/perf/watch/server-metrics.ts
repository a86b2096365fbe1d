import { exchange, openAgent } from "../../client/exchange.ts";
import { targetOf } from "../../client/place.ts";
import type { PerfReport } from "../../protocol/perf.ts";
import { counted, countOf, histogramIn, timesOf } from "./prometheus.ts";

const PAGE = "/metrics";
const QUEUE = "combot_queue_wait_seconds";
const COMPUTE = "combot_batch_duration_seconds";
const TEXTS = "combot_batch_texts";

export type ServerFigures = Omit<PerfReport["server"], "computedMs">;

/** The daemon's metrics as Prometheus text; undefined where they can't be had. */
export async function readMetricsPage(socketPath: string): Promise<string | undefined> {
  const place = { path: socketPath, controlPath: socketPath };
  const agent = openAgent(place);
  try {
    const { status, body } = await exchange({ agent, to: targetOf(place, "user"), method: "GET", path: PAGE });
    return status === 200 ? body : undefined;
  } catch {
    return undefined;
  } finally {
    agent.destroy();
  }
}

/** What the daemon measured between two readings of its metrics. */
export function serverFigures(before: string | undefined, after: string | undefined): ServerFigures {
  const between = (name: string) => counted(histogramIn(before ?? "", name), histogramIn(after ?? "", name));
  const texts = between(TEXTS);
  const count = texts ? countOf(texts) : 0;
  const sizes = texts?.buckets.map(({ upTo, count }) => ({ upTo: upTo === Infinity ? null : upTo, count }));
  return {
    queueMs: timesOf(between(QUEUE)),
    batchMs: timesOf(between(COMPUTE)),
    batches: texts && sizes ? { count, meanTexts: count === 0 ? 0 : texts.sum / count, sizes } : null,
  };
}
