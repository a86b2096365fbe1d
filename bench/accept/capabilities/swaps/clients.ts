import { setTimeout as delay } from "node:timers/promises";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import type { ClassifyReply } from "../../../../src/lib/protocol/classify.ts";
import type { Judge } from "../../../../test/support/swaps/judge.ts";
import type { RestartedDaemon } from "./daemon.ts";

const PAUSE_MS = 20;

export interface Asked {
  calls: number;
  /** While it served all the while: what a restart cuts off doesn't count. */
  readonly failures: string[];
}

/** Clients that ask for all texts, from the cache and past it in turn, until stopped. */
export function keepAsking(daemon: RestartedDaemon, judge: Judge, clients: number): () => Promise<Asked> {
  const asked: Asked = { calls: 0, failures: [] };
  const agent = keepAliveAgent(clients);
  let running = true;
  const askOnce = async (socketPath: string, user: string): Promise<string | undefined> => {
    const body = { texts: judge.texts, user, noCache: asked.calls++ % 3 === 0 };
    try {
      const reply = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent });
      if (reply.status !== 200) return `${reply.status} ${reply.text}`;
      judge.add(JSON.parse(reply.text) as ClassifyReply);
      return undefined;
    } catch (error) {
      return String(error);
    }
  };
  const client = async (_: unknown, number: number): Promise<void> => {
    for (let call = 0; running; call++) {
      const { socketPath, epoch } = daemon;
      const failure = socketPath && (await askOnce(socketPath, `${number}-${call}`));
      if (failure && epoch === daemon.epoch) asked.failures.push(failure);
      await delay(PAUSE_MS);
    }
  };
  const all = Array.from({ length: clients }, client);
  return async () => {
    running = false;
    await Promise.all(all);
    agent.destroy();
    return asked;
  };
}
