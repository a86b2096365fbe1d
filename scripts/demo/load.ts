import { setTimeout as delay } from "node:timers/promises";
import { callSocket, keepAliveAgent } from "../support/socket-request.ts";
import { drawProgress } from "./screen.ts";
import { DEMO_TEXTS } from "./texts.ts";

export interface LoadEvent {
  readonly atSecond: number;
  readonly label: string;
  readonly run: () => Promise<void>;
}

export interface LoadOptions {
  readonly clients: number;
  readonly seconds: number;
  /** What happens to the daemon meanwhile. */
  readonly events: readonly LoadEvent[];
}

export interface LoadOutcome {
  readonly sent: number;
  readonly failed: number;
  /** Sent, and neither answered nor failed. */
  readonly lost: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Each client asks again as soon as it has its answer, with a text nobody has asked before. */
export async function fireLoad(socketPath: string, options: LoadOptions): Promise<LoadOutcome> {
  const { clients, seconds, events } = options;
  const agent = keepAliveAgent(clients);
  const latenciesMs: number[] = [];
  let sent = 0;
  let failed = 0;
  const from = performance.now();
  const until = from + seconds * 1000;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const text = `${DEMO_TEXTS[sent % DEMO_TEXTS.length]} (${sent++})`;
      const askedAt = performance.now();
      const reply = await callSocket({
        socketPath,
        method: "POST",
        path: "/api/classify/",
        body: { text },
        agent,
      }).catch(() => undefined);
      if (reply?.status === 200) latenciesMs.push(performance.now() - askedAt);
      else failed++;
    }
  };
  const doing = happen(events);
  const running = Promise.all(Array.from({ length: clients }, client));
  const shown = showProgress(seconds, events, () => `${sent} requests, ${failed} failed`);
  await Promise.all([running, doing, shown]);
  agent.destroy();
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number): number => latenciesMs[Math.floor(share * (latenciesMs.length - 1))] ?? NaN;
  const perSecond = sent / ((performance.now() - from) / 1000);
  return { sent, failed, lost: sent - failed - latenciesMs.length, perSecond, p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function happen(events: readonly LoadEvent[]): Promise<void> {
  await Promise.all(
    events.map(async ({ atSecond, run }) => {
      await delay(atSecond * 1000);
      await run();
    }),
  );
}

async function showProgress(seconds: number, events: readonly LoadEvent[], figures: () => string): Promise<void> {
  const steps = seconds * 5;
  for (let step = 0; step <= steps; step++) {
    const second = step / 5;
    const event = events.findLast(({ atSecond }) => atSecond <= second && second < atSecond + 2);
    drawProgress(step / steps, `${figures()}${event ? `  ← ${event.label}` : ""}`);
    if (step < steps) await delay(200);
  }
}
