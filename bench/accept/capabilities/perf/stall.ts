import { setTimeout as sleep } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { perfTest } from "./command.ts";

const RATE = 50;
const SECONDS = 30;
const WARM_UP_SECONDS = 2;
const STALL_AFTER_SECONDS = 12;
const STALL_SECONDS = 5;

/** The daemon stands still for 5 s in the middle of 30: an open loop has to charge it with all who came meanwhile. */
export async function* tellsStalls(say: (progress: string) => void): AsyncGenerator<Line> {
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error" } });
  try {
    say("a daemon that stands still for 5 of 30 s");
    const args = ["--rate", String(RATE), "-d", `${SECONDS}s`, "--warm-up", `${WARM_UP_SECONDS}s`];
    const running = perfTest(...args, "--socket", daemon.socketPath);
    await sleep(STALL_AFTER_SECONDS * 1000);
    process.kill(daemon.pid, "SIGSTOP");
    await sleep(STALL_SECONDS * 1000);
    process.kill(daemon.pid, "SIGCONT");
    const { latencyMs, requests, generator } = await running;
    const p99 = latencyMs.all.p99 ?? NaN;
    yield { what: "p99 of the run, ms", measured: round(p99, 0), target: "at least 4000", pass: p99 >= 4000 };
    yield {
      what: "requests that failed or were not begun as planned",
      measured: requests.failed + Math.max(0, Math.round(RATE * SECONDS * 0.85) - requests.begun),
      target: "0",
      pass: requests.failed === 0 && requests.begun >= RATE * SECONDS * 0.85,
    };
    yield {
      what: "the generator took the stall for its own",
      measured: generator.bottleneck !== null,
      target: "false",
      pass: generator.bottleneck === null,
    };
  } finally {
    await daemon.stop("SIGKILL");
  }
}
