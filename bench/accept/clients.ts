import { setTimeout as delay } from "node:timers/promises";
import type { ClassifyReply } from "../../src/lib/protocol/classify.ts";
import { callSocket, keepAliveAgent } from "../../scripts/support/socket-request.ts";

export interface Tally {
  sent: number;
  ok: number;
  /** What went wrong, by what was said. */
  readonly failures: Map<string, number>;
  /** Answers that differ from the ones expected. */
  wrong: number;
  readonly latenciesMs: number[];
}

export interface LoadOptions {
  readonly socketPath: string;
  readonly clients: number;
  readonly texts: readonly string[];
  /** Until this many calls were sent or `durationMs` has passed, whichever comes first. */
  readonly calls?: number;
  readonly durationMs?: number;
  /** Who asks, by the number of the call; nobody by default. */
  readonly userOf?: (call: number) => string;
  /** Of each client between its calls. */
  readonly pauseMs?: number;
  /** Ends the load where it is true. */
  readonly isOver?: () => boolean;
  /** The result each text must get. */
  readonly expected?: ReadonlyMap<string, string>;
  /** Whether answers may come from the cache; by default each is computed. */
  readonly isCached?: boolean;
  /** A token, say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a reply is as it must be. */
  readonly isRight?: (reply: ClassifyReply) => boolean;
}

/** Closed loop: each client sends its next call when it has its answer. */
export async function runClients(options: LoadOptions): Promise<Tally> {
  const {
    socketPath,
    clients,
    texts,
    calls = Infinity,
    durationMs = Infinity,
    isOver,
    expected,
    isRight,
    pauseMs = 0,
    userOf,
    headers = {},
    isCached = false,
  } = options;
  const tally: Tally = { sent: 0, ok: 0, failures: new Map(), wrong: 0, latenciesMs: [] };
  const agent = keepAliveAgent(clients);
  const until = performance.now() + durationMs;
  const client = async (): Promise<void> => {
    while (tally.sent < calls && performance.now() < until && !isOver?.()) {
      const call = tally.sent++;
      const text = texts[call % texts.length]!;
      const from = performance.now();
      const outcome = await ask(text, userOf?.(call));
      tally.latenciesMs.push(performance.now() - from);
      if (outcome.failure !== undefined)
        tally.failures.set(outcome.failure, (tally.failures.get(outcome.failure) ?? 0) + 1);
      else tally.ok++;
      if (outcome.result !== undefined && expected && outcome.result !== expected.get(text)) tally.wrong++;
      if (pauseMs > 0) await delay(pauseMs);
    }
  };
  const ask = async (text: string, user?: string): Promise<{ failure?: string; result?: string }> => {
    try {
      const reply = await callSocket({
        socketPath,
        method: "POST",
        path: "/api/classify/",
        body: { text, user, noCache: !isCached },
        headers,
        agent,
      });
      if (reply.status !== 200) return { failure: `${reply.status} ${reply.text.slice(0, 200)}` };
      const parsed = JSON.parse(reply.text) as ClassifyReply;
      if (isRight && !isRight(parsed)) tally.wrong++;
      const { results } = parsed;
      return { result: JSON.stringify(results.map(({ label, score }) => [label, score])) };
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) };
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return tally;
}

/** What each text gets when nothing goes wrong. */
export async function answersOf(
  socketPath: string,
  texts: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const text of texts) {
    const reply = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body: { text }, headers });
    const { results } = JSON.parse(reply.text) as { results: { label: string; score: number }[] };
    answers.set(text, JSON.stringify(results.map(({ label, score }) => [label, score])));
  }
  return answers;
}
