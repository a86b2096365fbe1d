import { setTimeout as delay } from "node:timers/promises";
import { runClients } from "../../clients.ts";
import type { Tally } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { quantile, round } from "../../statistics.ts";
import { forTheRecord } from "../containers/stage.ts";
import { HEADERS } from "./fleet.ts";
import type { Fleet } from "./fleet.ts";

const CLIENTS = 50;
/** Four hosts, a balancer, six Redis and the clients are on one machine: what is to be deployed has to get on as well. */
const PAUSE_MS = 100;
const TEXTS = Array.from({ length: 20_000 }, (_, at) => `where is my order ${at}`);
const SETTLE_MS = 2000;

/** 50 clients behind the balancer while something happens. Texts are new to all, so that Redis is asked for each. */
export async function underLoad<T>(fleet: Fleet, happens: () => Promise<T>): Promise<{ load: Tally; outcome: T }> {
  let isOver = false;
  const { socketPath } = fleet.front;
  const load = runClients({
    socketPath,
    clients: CLIENTS,
    texts: TEXTS,
    headers: HEADERS,
    isCached: true,
    pauseMs: PAUSE_MS,
    isOver: () => isOver,
  });
  try {
    await delay(SETTLE_MS);
    const outcome = await happens();
    await delay(SETTLE_MS);
    isOver = true;
    return { load: await load, outcome };
  } finally {
    isOver = true;
    await load;
  }
}

export function* loadLines(what: string, { sent, ok, failures, latenciesMs }: Tally): Generator<Line> {
  const said = [...failures].map(([failure, times]) => `${times} × ${failure}`).join("; ");
  yield { what: `${what}: calls meanwhile`, measured: sent, target: "at least 500", pass: sent >= 500 };
  yield { what: `${what}: of these failed`, measured: said || sent - ok, target: "0", pass: ok === sent };
  yield forTheRecord(`${what}: p99 of the calls, ms`, round(quantile(latenciesMs, 0.99), 0));
  yield forTheRecord(`${what}: the longest call, ms`, round(quantile(latenciesMs, 1), 0));
}
