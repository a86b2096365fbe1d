import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ClassifyReply, LabelScore } from "../../../../src/lib/protocol/classify.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";

/** What a daemon did with a model. */
export interface Served {
  /** The best labels of each text; undefined where the call failed. */
  readonly answers: readonly (readonly LabelScore[] | undefined)[];
  /** Why calls failed, the first of them. */
  readonly failure: string | undefined;
  readonly failed: number;
  /** Processes that died holding the model. */
  readonly crashes: number;
  /** The worker maps prepared weights. */
  readonly prepared: boolean;
  /** What the daemon says of workers that don't. */
  readonly reason: string | undefined;
}

const CLIENTS = 16;
/** Scores that are compared. */
const BEST = 5;
const READY_LIMIT_MS = 30_000;
const REASON = /weights not [\w ]+: (.*)/s;
const PREPARED = /\/prepared\/[^\n]*weights/;

/** A daemon of its own serves the folder to 16 clients at once. @throws {Error} where it does not come to serve. */
export async function serve(modelDir: string, texts: readonly string[], labels: number): Promise<Served> {
  const daemon = await PrivateDaemon.start({
    env: { LOG_LEVEL: "info", WORKERS: "1", COMBOT_MODEL_DIR: modelDir, DATABASE_URL: "off" },
    untilAnswering: true,
  });
  try {
    await untilReady(daemon);
    const { answers, failures } = await askAll(daemon, texts, Math.min(BEST, labels));
    const { recycles, workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    const { checks } = JSON.parse((await daemon.ask("GET", "/api/health/")).text) as Health;
    return {
      answers,
      failure: failures[0],
      failed: failures.length,
      crashes: (recycles.byReason.crash ?? 0) + (recycles.byReason.hung ?? 0),
      prepared: workers.some(({ pid }) => pid !== null && PREPARED.test(mapsOf(pid))),
      reason: REASON.exec(checks.model.detail)?.[1],
    };
  } finally {
    await daemon.stop();
  }
}

async function untilReady(daemon: PrivateDaemon): Promise<void> {
  const limit = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const { status, text } = await daemon.ask("GET", "/api/health/");
    const { checks } = JSON.parse(text) as Health;
    if (status === 200) return;
    if (Date.now() > limit) throw new Error(`does not come to serve: ${checks.model.detail}`);
    await delay(25);
  }
}

async function askAll(
  { socketPath }: PrivateDaemon,
  texts: readonly string[],
  topK: number,
): Promise<{ answers: (readonly LabelScore[] | undefined)[]; failures: string[] }> {
  const agent = keepAliveAgent(CLIENTS);
  const answers: (readonly LabelScore[] | undefined)[] = texts.map(() => undefined);
  const failures: string[] = [];
  let at = 0;
  const client = async (): Promise<void> => {
    while (at < texts.length) {
      const mine = at++;
      const body = { text: texts[mine], noCache: true, topK };
      const reply = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent });
      if (reply.status === 200) answers[mine] = scoresIn(JSON.parse(reply.text) as ClassifyReply);
      else failures.push(`${reply.status} ${reply.text.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  agent.destroy();
  return { answers, failures };
}

function scoresIn({ results: [first] }: ClassifyReply): readonly LabelScore[] {
  return first?.scores ?? [{ label: first?.label ?? "", score: first?.score ?? Number.NaN }];
}

/** Empty where the process is gone. */
function mapsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, "utf8");
  } catch {
    return "";
  }
}
