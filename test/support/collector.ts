import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { z } from "zod";

const hex = (digits: number) => z.string().regex(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`));
/** 64-bit integers are strings of digits in protobuf's JSON. */
const int64 = z.string().regex(/^\d+$/);
const attributes = z.array(
  z.strictObject({
    key: z.string().min(1),
    value: z.union([
      z.strictObject({ stringValue: z.string() }),
      z.strictObject({ intValue: int64 }),
      z.strictObject({ boolValue: z.boolean() }),
    ]),
  }),
);

/** ExportTraceServiceRequest of opentelemetry-proto, as OTLP/HTTP has it in JSON, less what nobody here sends. */
const exportRequest = z.strictObject({
  resourceSpans: z
    .array(
      z.strictObject({
        resource: z.strictObject({ attributes }),
        scopeSpans: z
          .array(
            z.strictObject({
              scope: z.strictObject({ name: z.string().min(1), version: z.string() }),
              spans: z
                .array(
                  z
                    .strictObject({
                      traceId: hex(32),
                      spanId: hex(16),
                      parentSpanId: hex(16),
                      traceState: z.string().optional(),
                      name: z.string().min(1),
                      kind: z.union([z.literal(1), z.literal(2)]),
                      startTimeUnixNano: int64,
                      endTimeUnixNano: int64,
                      attributes,
                      status: z.strictObject({ code: z.literal(2) }).optional(),
                    })
                    .refine((span) => BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)),
                )
                .min(1),
            }),
          )
          .length(1),
      }),
    )
    .length(1),
});

export type ExportRequest = z.infer<typeof exportRequest>;
export type CollectedSpan = ExportRequest["resourceSpans"][0]["scopeSpans"][0]["spans"][0];

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Takes what an OpenTelemetry collector takes; `faults` has what one would refuse. */
export class Collector {
  readonly url: string;
  readonly requests: ExportRequest[] = [];
  readonly faults: string[] = [];
  posts = 0;
  connections = 0;
  /** A frozen one answers nothing. */
  answer: Answer = (response) => response.setHeader("content-type", "application/json").end("{}");

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<Collector> {
    const server = createServer((request, response) => void collector.take(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const collector = new Collector((server.address() as AddressInfo).port);
    server.on("connection", () => (collector.connections += 1));
    return collector;
  }

  get spans(): CollectedSpan[] {
    return this.requests.flatMap(({ resourceSpans }) => resourceSpans.flatMap((one) => one.scopeSpans[0]!.spans));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => "");
    this.posts += 1;
    const { method, url, headers } = request;
    if (method !== "POST" || url !== "/v1/traces") this.faults.push(`${method} ${url}`);
    if (headers["content-type"] !== "application/json") this.faults.push(String(headers["content-type"]));
    const { data, error } = exportRequest.safeParse(JSON.parse(body));
    if (data) this.requests.push(data);
    else this.faults.push(z.prettifyError(error));
    this.answer(response, request);
  }
}
