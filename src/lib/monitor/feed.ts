import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../client.ts";
import { CombotError, messageOf, systemCodeOf } from "../errors.ts";
import type { DaemonEvent } from "../protocol/events.ts";
import type { MonitorState } from "./state.ts";
import { hangLimitMs } from "../slowness.ts";

/** Between tries while the daemon is away: it must show within two seconds that it is back. */
const RETRY_MS = 250;
/** One that takes a connection and does not answer is as good as down. */
const ANSWER_MS = hangLimitMs(3000);
const DECISIONS_AT_FIRST = 50;

export interface FeedOptions {
  readonly client: Pick<Client, "call" | "events">;
  readonly state: MonitorState;
  readonly now: () => number;
  /** Told of each sample, and of anything else that came to be known. */
  readonly onNews: (news: DaemonEvent["event"] | "lost") => void;
  readonly signal?: AbortSignal;
}

/** Keeps `state` fed from the daemon's events, through any number of its lives; ends with the signal alone. */
export async function followDaemon(options: FeedOptions): Promise<void> {
  const { state, now, onNews, signal } = options;
  while (!signal?.aborted) {
    const why = await listenOnce(options).catch((thrown: unknown) => thrown);
    if (signal?.aborted) return;
    state.lost(typeof why === "string" ? why : messageOf(why), now(), isDenied(why) ? "denied" : "down");
    onNews("lost");
    await sleep(RETRY_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** Until the stream ends. @returns why it did. */
async function listenOnce({ client, state, now, onNews, signal }: FeedOptions): Promise<string> {
  const query = { limit: String(DECISIONS_AT_FIRST) };
  const { decisions } = await client.call("decisions", { query, absenceMs: 0, timeoutMs: ANSWER_MS, signal });
  for (const decision of decisions) state.takeDecision(decision);
  const lastEventId = decisions.at(-1)?.id ?? "0";
  for await (const event of client.events({ absenceMs: 0, lastEventId, signal })) {
    if (event.event === "sample") state.takeSample(event.data, now());
    else if (event.event === "decision") state.takeDecision(event.data);
    else state.takeAlert(event.data);
    onNews(event.event);
  }
  return "It ended the connection.";
}

/** A daemon behind a socket that we may not open may well be up. */
function isDenied(thrown: unknown): boolean {
  return thrown instanceof CombotError && ["EACCES", "EPERM"].includes(systemCodeOf(thrown.cause) ?? "");
}
