import { beforeAll, expect, onTestFinished, test } from "vitest";
import { callSocket, keepAliveAgent } from "../../../scripts/support/socket-request.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { VERSION } from "../../../src/lib/version.ts";
import { Collector } from "../../support/collector.ts";
import type { CollectedSpan } from "../../support/collector.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const PATH = "/api/classify/";

function traceId(number: number): string {
  return number.toString(16).padStart(32, "0");
}

async function start(collectorUrl: string): Promise<PrivateDaemon> {
  const env = { WORKERS: "1", DATABASE_URL: "off", OTLP_ENDPOINT: collectorUrl };
  const daemon = await PrivateDaemon.start({ env });
  onTestFinished(() => daemon.stop().then(() => undefined));
  return daemon;
}

/** Fewer than may be open at once. */
const agent = keepAliveAgent(50);

/** @param traceparent none where it is left out. */
async function classify({ socketPath }: PrivateDaemon, text: string, traceparent?: string, way = ""): Promise<number> {
  const headers = { "content-type": `application/json${way}`, ...(traceparent === undefined ? {} : { traceparent }) };
  return (await callSocket({ socketPath, method: "POST", path: PATH, body: { text, user: "geheim" }, headers, agent }))
    .status;
}

async function figure(daemon: PrivateDaemon, name: string): Promise<number> {
  const { text } = await daemon.ask("GET", "/metrics");
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

const PARENT = "00f067aa0ba902b7";
const sampled = (number: number): string => `00-${traceId(number)}-${PARENT}-01`;
const valueOf = (span: CollectedSpan | undefined, key: string): unknown =>
  Object.values(span?.attributes.find((one) => one.key === key)?.value ?? {})[0];

test(
  "spans of calls whose caller records them, as a collector takes them; with it frozen and gone nothing fails",
  { timeout: 60_000 },
  async () => {
    const collector = await Collector.start();
    const daemon = await start(collector.url);
    const before = BigInt(Date.now() - 1) * 1_000_000n;
    expect(await classify(daemon, "where is my parcel??", sampled(1))).toBe(200);
    expect(await classify(daemon, "where is my parcel??", sampled(2), "; charset=utf-8")).toBe(200);
    expect(await classify(daemon, " ", sampled(3))).toBe(400);
    // Not recorded, malformed, and of nobody's trace.
    expect(await classify(daemon, "where?", sampled(4).replace(/01$/, "00"))).toBe(200);
    expect(await classify(daemon, "where?", sampled(5).slice(1))).toBe(200);
    expect(await classify(daemon, "where?")).toBe(200);
    await expect.poll(() => collector.spans.length, { timeout: 10_000 }).toBe(8);
    expect(collector.faults).toEqual([]);
    const of = (number: number) => collector.spans.filter((span) => span.traceId === traceId(number));
    const [call, cache, queue, batch, worker] = of(1);
    const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    expect(of(1).map(({ name, kind, parentSpanId }) => [name, kind, parentSpanId])).toEqual([
      [`POST ${PATH}`, 2, PARENT],
      ["cache", 1, call?.spanId],
      ["queue", 1, call?.spanId],
      ["batch", 1, call?.spanId],
      ["worker", 1, batch?.spanId],
    ]);
    expect(valueOf(worker, "process.pid")).toBe(String(workers[0]?.pid));
    expect([valueOf(cache, "combot.cache"), valueOf(of(2)[1], "combot.cache")]).toEqual(["computed", "memory"]);
    expect(of(2).map(({ name }) => name)).toEqual([`POST ${PATH}`, "cache"]);
    expect(of(3).map((span) => [span.name, valueOf(span, "http.response.status_code"), span.status])).toEqual([
      [`POST ${PATH}`, "400", undefined],
    ]);
    const order = [call, cache, queue, batch].flatMap((span) => (span ? [BigInt(span.startTimeUnixNano)] : []));
    expect(order).toEqual(order.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(order[0]).toBeGreaterThanOrEqual(before);
    const [{ resource, scopeSpans } = { resource: undefined, scopeSpans: [] }] = collector.requests[0]!.resourceSpans;
    expect(resource?.attributes).toEqual(
      expect.arrayContaining([{ key: "service.name", value: { stringValue: "combot" } }]),
    );
    expect(scopeSpans[0]?.scope).toEqual({ name: "combot", version: VERSION });
    expect(JSON.stringify(collector.requests)).not.toMatch(/parcel|geheim/);
    expect(await figure(daemon, "combot_calls_traced_total")).toBe(3);

    collector.answer = (response) => response.destroy();
    expect(await classify(daemon, "where?", sampled(9000))).toBe(200);
    await expect.poll(() => daemon.log, { timeout: 10_000 }).toContain("spans are not taken by OTLP_ENDPOINT");
    collector.answer = () => undefined;
    const flood = Array.from({ length: 1500 }, (_, at) => classify(daemon, "where?", sampled(at + 10)));
    expect(new Set(await Promise.all(flood))).toEqual(new Set([200]));
    expect(await figure(daemon, "combot_calls_trace_dropped_total")).toBeGreaterThanOrEqual(1500 - 1024);
  },
);
