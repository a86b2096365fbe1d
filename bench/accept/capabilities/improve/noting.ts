import { InboxCounter } from "../../../../src/daemon/journal/inbox-counter.ts";
import { AnswerTally } from "../../../../src/daemon/metrics/answer-tally.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import type { ClassifyResult } from "../../../../src/lib/protocol/classify.ts";
import { threadsMicroseconds } from "../../processor-time.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";

const TEXTS = 200;
const LABELS = 77;
const ROUNDS = 7;
const NOTES = 500_000;
const CALLS = 4000;

/**
 * What is done beside each answer for the inbox and the metrics, as its processor's time, beside that of the daemon for a
 * call that the cache answers: of both the least of some rounds, which a busy machine spoils least.
 */
export async function* noting(say: (progress: string) => void): AsyncGenerator<Line> {
  say("noting answers");
  const noted = Math.min(...Array.from({ length: ROUNDS }, noteAll));
  const daemon = await PrivateDaemon.start({ env: { REDIS_URL: "off", WORKERS: "1", LOG_LEVEL: "error" } });
  try {
    const called: number[] = [];
    for (let round = 0; round < ROUNDS; round++) called.push(await callAll(daemon));
    const call = Math.min(...called);
    const share = noted / call;
    const measured = `${round(noted, 3)} µs of ${round(call, 1)} µs, ${round(share * 100, 2)}%`;
    yield {
      what: "processor time of noting an unsure answer, of a call that the cache answers",
      measured,
      target: "at most 1%",
      pass: share <= 0.01,
    };
  } finally {
    await daemon.stop();
  }
}

/** @returns µs each. */
function noteAll(): number {
  const [tally, inbox] = [new AnswerTally(() => 0), new InboxCounter(true)];
  const results = Array.from(
    { length: TEXTS },
    (_, at): { readonly text: string; readonly result: ClassifyResult } => ({
      text: `where is the parcel that I ordered on day ${at}`,
      result: { label: `label ${at % LABELS}`, score: 0.3, cached: "memory", decision: "unsure" },
    }),
  );
  const from = process.cpuUsage();
  for (let at = 0; at < NOTES; at++) {
    const { text, result } = results[at % TEXTS]!;
    tally.of("default").count(result, false);
    inbox.add("default", text, { label: result.label, score: result.score, isAmbiguous: false });
  }
  return spentSince(from) / NOTES;
}

async function callAll(daemon: PrivateDaemon): Promise<number> {
  const agent = keepAliveAgent(1);
  const call = (): Promise<unknown> =>
    callSocket({
      socketPath: daemon.socketPath,
      method: "POST",
      path: "/api/classify/",
      body: { text: "where is it" },
      agent,
    });
  await call();
  const before = threadsMicroseconds(daemon.pid);
  for (let at = 0; at < CALLS; at++) await call();
  const spent = threadsMicroseconds(daemon.pid) - before;
  agent.destroy();
  return spent / CALLS;
}

function spentSince(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return user + system;
}
