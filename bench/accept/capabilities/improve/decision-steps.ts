import { Judges } from "../../../../src/daemon/classifier/judges.ts";
import { classifyJson } from "../../../../src/daemon/http/classify-json.ts";
import { isPlainCall } from "../../../../src/lib/protocol/classify.ts";
import type { ClassifyReply, ClassifyResult } from "../../../../src/lib/protocol/classify.ts";

const RUNS = 9;
const TIMES = 200_000;
const LABELS = ["account", "delivery", "order", "payment", "return"];
const JUDGES = new Judges({ name: "shop", labels: LABELS, multiLabel: false, regression: false }, {});
const ANSWER = { ranking: [2, 1, 3, 0, 4], millionths: [900_123, 50_000, 30_000, 10_000, 9877], truncated: false };

/**
 * What a decision adds to a cached call, in µs: its steps in the daemon's own code, with one and without, each as fast as
 * it was in any of some runs. Those are: the body is parsed and told to be plain, the answer judged, the reply written.
 */
export function decisionMicroseconds(): number {
  const without = least('{"text":"where is my order 12"}');
  return (least('{"text":"where is my order 12","minScore":0.5}') - without) / 1000;
}

/** In ns. */
function least(body: string): number {
  let fastest = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const from = process.hrtime.bigint();
    let written = 0;
    for (let at = 0; at < TIMES; at++) written += replyTo(body).length;
    const tookNs = Number(process.hrtime.bigint() - from);
    if (written < TIMES) throw new Error("nothing was written");
    fastest = Math.min(fastest, tookNs / TIMES);
  }
  return fastest;
}

function replyTo(body: string): string {
  const call: unknown = JSON.parse(body);
  if (!isPlainCall(call)) throw new Error("not a plain call");
  const result: ClassifyResult = { label: LABELS[2]!, score: 0.900123, cached: "memory" };
  JUDGES.of(call)?.mark(result, ANSWER, ANSWER);
  const reply: ClassifyReply = {
    results: [result],
    model: { name: "shop", digest: "0123456789ab" },
    durationMs: 0.034,
  };
  const json = classifyJson(reply);
  if (typeof json !== "string") throw new Error("not at once");
  return json;
}
