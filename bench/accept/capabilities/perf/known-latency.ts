import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { perfTest } from "./command.ts";
import { startKnownServer } from "./known-server.ts";

const DELAY_MS = 50;

/** A server that takes 50 ms, asked ten times a second: autocannon 9.0.0's rate correction tells 26 ms of it. */
export async function* tellsKnownLatency(say: (progress: string) => void): AsyncGenerator<Line> {
  const server = await startKnownServer(DELAY_MS);
  try {
    say("a 50 ms server, 10 requests a second");
    const { latencyMs, generator } = await perfTest("--url", server.url, "--rate", "10", "-d", "30s");
    const p50 = latencyMs.all.p50 ?? NaN;
    yield {
      what: "p50 of a 50 ms server at 10 requests/s, ms",
      measured: round(p50),
      target: "48 to 52",
      pass: Math.abs(p50 - DELAY_MS) <= 2,
    };
    yield {
      what: "lateness of the generator meanwhile, p99 ms",
      measured: round(generator.latenessMs.p99 ?? NaN),
      target: "for the record",
      pass: true,
    };
  } finally {
    server.stop();
  }
}
