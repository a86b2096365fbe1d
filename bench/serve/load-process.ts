import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { median, quantile } from "../accept/statistics.ts";
import { HttpConnection } from "../../src/lib/perf/load/connection.ts";
import type { LoadOrder, LoadReport } from "./load.ts";

/** The clients, in a process of their own. Closed loop: each asks again as soon as it has its answer. */
const order = JSON.parse(process.argv[2] ?? "") as LoadOrder;
const texts = JSON.parse(readFileSync(order.textsFile, "utf8")) as readonly string[];
const extra = order.extraFields;

const failures = new Map<string, number>();
let latenciesMs: number[] = [];
let sent = 0;
let over = false;
/** Since the warm-up. */
let failed = 0;
let warmUpTextsLeft = order.warmUpTexts ?? 0;
const warmedUp = Promise.withResolvers<void>();
if (warmUpTextsLeft === 0) warmedUp.resolve();

async function client(first: HttpConnection): Promise<void> {
  let connection = first;
  while (!over) {
    const text = texts[sent++];
    if (text === undefined && order.seconds === null) break;
    if (text === undefined) throw new Error(`all ${texts.length} texts are used up: no text may be asked twice`);
    const from = performance.now();
    const failure = await ask(text).catch(({ message }: Error) => `lost: ${message}`);
    if (over) break;
    latenciesMs.push(performance.now() - from);
    if (warmUpTextsLeft > 0 && --warmUpTextsLeft === 0) warmedUp.resolve();
    if (failure === undefined) continue;
    failed += 1;
    failures.set(failure, (failures.get(failure) ?? 0) + 1);
    if (failures.size > 20) throw new Error(`too many ways to fail: ${[...failures.keys()].join("; ")}`);
  }
  connection.close();

  /** Undefined, or what went wrong. A reply's body is not parsed: it would cost more than the rest of the client. */
  async function ask(text: string): Promise<string | undefined> {
    // Some servers close it after every reply.
    if (!connection.isOpen) connection = await HttpConnection.open(order.address);
    const { status, body } = await connection.post(order.path, JSON.stringify({ text, ...extra }));
    return status === 200 ? undefined : `${status} ${body.toString().slice(0, 200)}`;
  }
}

async function measure(): Promise<LoadReport> {
  await delay(order.warmUpSeconds * 1000);
  await warmedUp.promise;
  process.send?.({ type: "measuring" });
  latenciesMs = [];
  failed = 0;
  const from = performance.now();
  await (order.seconds === null ? clients : delay(order.seconds * 1000));
  over = true;
  const seconds = (performance.now() - from) / 1000;
  process.send?.({ type: "over" });
  return {
    type: "report",
    seconds,
    answered: latenciesMs.length - failed,
    failed,
    failures: Object.fromEntries(failures),
    p50Ms: median(latenciesMs),
    p99Ms: quantile(latenciesMs, 0.99),
    mostMs: quantile(latenciesMs, 1),
  };
}

const connections = await Promise.all(Array.from({ length: order.clients }, () => HttpConnection.open(order.address)));
const clients = Promise.all(connections.map(client));
// A client that throws ends the process, and with it the measurement.
const [report] = await Promise.all([measure(), clients]);
process.send?.(report, () => process.disconnect());
