import type { Settings } from "../../lib/config/settings.ts";
import type { CallRecorder } from "../../lib/protocol/traced-call.ts";
import { VERSION } from "../../lib/version.ts";
import type { Logger } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";

export interface Tracing extends CallRecorder {
  close(): Promise<void>;
}

/** Loaded where OTLP_ENDPOINT says so, and nowhere else. */
export async function openTracing(
  { otlpTracesUrl: url }: Settings,
  metrics: Metrics,
  log: Logger,
): Promise<Tracing | undefined> {
  if (url === null) return undefined;
  const { Exporter } = await import("../tracing/exporter.ts");
  const onFailure = (reason: string): void => log.warn({ reason }, "spans are not taken by OTLP_ENDPOINT");
  const exporter = new Exporter({ url, version: VERSION, onFailure });
  metrics.watch("combot_calls_traced_total", "Calls whose spans OTLP_ENDPOINT took.", () => exporter.counts.exported);
  metrics.watch("combot_calls_trace_dropped_total", "Calls whose spans were given up.", () => exporter.counts.dropped);
  return exporter;
}
