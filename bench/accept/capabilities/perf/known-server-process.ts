import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server whose latency is known: it answers each request `process.argv[2]` ms after it has read it. */
const delayMs = Number(process.argv[2]);
/** Timers have whole milliseconds and fire late: the last two are waited out turn by turn. */
const TURNS_MS = 2;

const body = JSON.stringify({
  results: [{ label: "known", score: 1, cached: false }],
  model: { name: "known", digest: "000000000000" },
  durationMs: delayMs,
});
const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };

const server = createServer((request, response) => {
  request.resume().once("end", () => {
    const dueMs = performance.now() + delayMs;
    const answer = (): void => {
      if (performance.now() < dueMs) setImmediate(answer);
      else response.writeHead(200, headers).end(body);
    };
    setTimeout(answer, Math.max(0, delayMs - TURNS_MS));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit());
