import type { Order, Request, Response } from "./channel.ts";
import { SqliteDatabase } from "./database.ts";
import { inspectCopy } from "./copies.ts";
import { faultOf } from "./faults.ts";
import { inboxStatements } from "../inbox-statements.ts";
import { NO_END } from "../store.ts";
import { SQLITE } from "./dialect.ts";

// Run by SqliteStore as a thread of the daemon: SQLite's calls wait for the disk, and the daemon's loop must not.
const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
const { path } = workerData as { readonly path: string };
const INBOX = inboxStatements(SQLITE);
const database = new SqliteDatabase(path);

parentPort?.on("message", ({ id, order }: Request) => void answer(id, order));

async function answer(id: number, order: Order): Promise<void> {
  try {
    const result = perform(order);
    parentPort?.postMessage({ id, result: result instanceof Promise ? await result : result } satisfies Response);
  } catch (error) {
    const { kind, message } = faultOf(error, path);
    parentPort?.postMessage({ id, fault: { kind, message } } satisfies Response);
  }
}

function perform(order: Order): unknown {
  switch (order.ask) {
    case "open":
    case "release":
    case "close":
      return database[order.ask]();
    case "write":
      return database.write(order.batch, order.attempt);
    case "probe":
      return database.probe(order.attempt);
    case "decisions":
    case "alerts":
      return database.bodies(order.ask, order.sinceMs, order.limit, order.untilMs);
    case "history":
    case "moments":
      return database.stretches(order.ask, order.sinceMs, order.stepMs, order.untilMs);
    case "model history":
      return database.modelHistory(order.model, order.sinceMs, order.stepMs, order.untilMs);
    case "model names":
      return database.modelNames(order.sinceMs, order.untilMs);
    case "answers":
      return database.stretches("answers", order.sinceMs, order.stepMs, NO_END);
    case "inbox list": {
      const { sinceMs, least, model, which, limit, offset } = order.search;
      return database.rowsOf(INBOX.list, sinceMs, least, model, which, limit, offset);
    }
    case "inbox counts":
      return database.rowsOf(INBOX.counts, order.sinceMs, order.model);
    case "inbox label":
      return database.rowsOf(INBOX.label, JSON.stringify(order.given));
    case "inbox forget":
      return database.forget(order.digests);
    case "oldest":
      return database.oldestMs();
    case "frequentTexts":
      return database.frequentTexts(order.limit);
    case "newest":
      return database.newestMs(order.beforeMs);
    case "prune":
      return database.prune(order.beforeMs);
    case "rows":
      return database.rows();
    case "backup":
      return database.backup(order.path);
    case "inspect":
      return inspectCopy(order.path);
    case "restore":
      return database.restore(order.path);
    default:
      return order satisfies never;
  }
}
