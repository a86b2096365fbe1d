import { expect, onTestFinished, test } from "vitest";
import { Exporter } from "../../../src/daemon/tracing/exporter.ts";
import type { ExporterOptions } from "../../../src/daemon/tracing/exporter.ts";
import type { TracedCall } from "../../../src/lib/protocol/traced-call.ts";
import { Collector } from "../../support/collector.ts";

const CALL: TracedCall = {
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  parentId: "00f067aa0ba902b7",
  traceState: undefined,
  requestId: "r",
  method: "GET",
  route: "/api/health/",
  status: 200,
  via: "user",
  startedAtMs: 1,
  endedAtMs: 2,
  timing: undefined,
};

function start(options: Partial<ExporterOptions>): { exporter: Exporter; failures: string[] } {
  const failures: string[] = [];
  const onFailure = (reason: string): void => void failures.push(reason);
  const exporter = new Exporter({
    url: "http://127.0.0.1:1/v1/traces",
    version: "1",
    onFailure,
    flushEveryMs: 5,
    pausesMs: [5, 5],
    timeoutMs: 100,
    ...options,
  });
  onTestFinished(() => exporter.close());
  return { exporter, failures };
}

const urlOf = ({ url }: Collector): string => `${url}/v1/traces`;

test("posts 256 calls at a time, one post after the other, and what is left when it is closed", async () => {
  const collector = await Collector.start();
  const { exporter, failures } = start({ url: urlOf(collector), timeoutMs: 10_000 });
  for (let at = 0; at < 300; at++) exporter.record(CALL);
  await expect.poll(() => exporter.counts).toEqual({ exported: 300, dropped: 0 });
  exporter.record(CALL);
  await exporter.close();
  expect(collector.requests.map(({ resourceSpans }) => resourceSpans[0]!.scopeSpans[0]!.spans.length)).toEqual([
    256, 44, 1,
  ]);
  expect(new Set(collector.spans.map(({ spanId }) => spanId)).size).toBe(301);
  expect(exporter.counts).toEqual({ exported: 301, dropped: 0 });
  expect([collector.faults, failures]).toEqual([[], []]);
});

test("a frozen collector: what there is no room for is dropped and counted, and it is told once", async () => {
  const collector = await Collector.start();
  collector.answer = () => undefined;
  const { exporter, failures } = start({ url: urlOf(collector) });
  for (let at = 0; at < 5000; at++) exporter.record(CALL);
  expect(exporter.counts).toEqual({ exported: 0, dropped: 5000 - 1024 });
  // 1024 calls are 4 posts, each of them tried three times.
  await expect.poll(() => exporter.counts.dropped, { timeout: 20_000 }).toBe(5000);
  expect(collector.posts).toBe(12);
  expect(failures).toEqual(["the collector did not answer within 100 ms"]);
});

test("one that is gone, and comes back", async () => {
  const { exporter, failures } = start({});
  exporter.record(CALL);
  await expect.poll(() => exporter.counts).toEqual({ exported: 0, dropped: 1 });
  expect(failures).toEqual([expect.stringContaining("ECONNREFUSED")]);
});

test("what it says: come again, never again, and not these", async () => {
  const collector = await Collector.start();
  const { exporter } = start({ url: urlOf(collector), timeoutMs: 10_000 });
  const statuses = [503, 429, 200];
  collector.answer = (response) => response.writeHead(statuses.shift() ?? 500).end("{}");
  exporter.record(CALL);
  await expect.poll(() => exporter.counts).toEqual({ exported: 1, dropped: 0 });
  expect(collector.posts).toBe(3);
  collector.answer = (response) => response.writeHead(400).end();
  exporter.record(CALL);
  await expect.poll(() => exporter.counts).toEqual({ exported: 1, dropped: 1 });
  expect(collector.posts).toBe(4);
  // Answered 200, and turned away all the same.
  collector.answer = (response) => response.end('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no"}}');
  exporter.record(CALL);
  await expect.poll(() => exporter.counts).toEqual({ exported: 1, dropped: 2 });
});

test("one connection serves for all posts; one that the collector ends as the next post comes is no failure", async () => {
  const collector = await Collector.start();
  const { exporter, failures } = start({ url: urlOf(collector), timeoutMs: 10_000 });
  const exported = async (calls: number): Promise<void> => {
    exporter.record(CALL);
    await expect.poll(() => exporter.counts).toEqual({ exported: calls, dropped: 0 });
  };
  await exported(1);
  await exported(2);
  expect(collector.connections).toBe(1);
  const { answer } = collector;
  collector.answer = (_response, request) => {
    collector.answer = answer;
    request.socket.resetAndDestroy();
  };
  await exported(3);
  expect([collector.connections, collector.posts, failures]).toEqual([2, 4, []]);
});
