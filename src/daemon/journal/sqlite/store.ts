import { Worker } from "node:worker_threads";
import { messageOf } from "../../../lib/errors.ts";
import { programFile } from "../../../lib/package-files.ts";
import { shortageOf } from "../../../lib/shortage.ts";
import type {
  Batch,
  DecidedStretch,
  HistoryRow,
  InboxStore,
  KeptMoment,
  KeptText,
  Store,
  StoreFile,
} from "../store.ts";
import { NO_END, StoreFault } from "../store.ts";
import { decidedOf, inboxCountOf, inboxRowOf, momentOf, textOf } from "../rows.ts";
import type { Order, Request, Response } from "./channel.ts";
import { hangLimitMs } from "../../../lib/slowness.ts";

const THREAD = programFile("daemon/journal/sqlite/thread");
/** A small heap: the largest thing in it is a batch of a mebibyte, or a history of some thousand rows. */
const LIMITS = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };
const CALL_LIMIT_MS = hangLimitMs(6000);
/** Copying and checking a whole file; other calls go on meanwhile, or wait for their own limit. */
const FILE_LIMIT_MS = hangLimitMs(600_000);
/** A thread without work is ended: it holds 10 MB, and the next call starts one in a tenth of a second. */
const IDLE_MS = 5000;

type Rows = Record<string, unknown>[];

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (fault: StoreFault) => void;
}

/** SQLite, in a thread of its own that is started by the first call. */
export class SqliteStore implements Store {
  readonly kind = "sqlite";
  readonly pool = null;
  readonly file: StoreFile = {
    rows: () => this.#ask({ ask: "rows" }),
    backup: (path) => this.#ask({ ask: "backup", path }, FILE_LIMIT_MS),
    inspect: (path) => this.#ask({ ask: "inspect", path }, FILE_LIMIT_MS),
    restore: (path) => this.#ask({ ask: "restore", path }, FILE_LIMIT_MS),
  };
  readonly inbox: InboxStore = {
    list: async (search) => (await this.#ask<Rows>({ ask: "inbox list", search })).map(inboxRowOf),
    counts: async (sinceMs, model) =>
      (await this.#ask<Rows>({ ask: "inbox counts", sinceMs, model })).map(inboxCountOf),
    label: async (given) => (await this.#ask<Rows>({ ask: "inbox label", given })).map(({ digest }) => String(digest)),
    forget: (digests) => this.#ask({ ask: "inbox forget", digests }),
  };
  readonly #path: string;
  readonly #idleMs: number;
  readonly #pending = new Map<number, Pending>();
  /** Calls that were given up, and that the thread has not answered yet. */
  readonly #overdue = new Set<number>();
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;

  /** @param path absolute. @param idleMs after which a thread without work is ended. */
  constructor(path: string, idleMs = IDLE_MS) {
    this.#path = path;
    this.#idleMs = idleMs;
  }

  open(): Promise<void> {
    return this.#ask({ ask: "open" });
  }

  write(batch: Batch, attempt: string): Promise<void> {
    return this.#ask({ ask: "write", batch, attempt });
  }

  probe(attempt: string): Promise<void> {
    return this.#ask({ ask: "probe", attempt });
  }

  decisions(sinceMs: number, limit: number, untilMs = NO_END): Promise<unknown[]> {
    return this.#ask({ ask: "decisions", sinceMs, limit, untilMs });
  }

  alerts(sinceMs: number, limit: number): Promise<unknown[]> {
    return this.#ask({ ask: "alerts", sinceMs, limit, untilMs: NO_END });
  }

  history(sinceMs: number, stepMs: number, untilMs = NO_END): Promise<HistoryRow[]> {
    return this.#ask({ ask: "history", sinceMs, stepMs, untilMs });
  }

  modelHistory(model: string, sinceMs: number, stepMs: number, untilMs = NO_END): Promise<HistoryRow[]> {
    return this.#ask({ ask: "model history", model, sinceMs, stepMs, untilMs });
  }

  async modelNames(sinceMs: number, untilMs = NO_END): Promise<string[]> {
    return (await this.#ask<Rows>({ ask: "model names", sinceMs, untilMs })).map(({ model }) => String(model));
  }

  async moments(sinceMs: number, stepMs: number, untilMs: number): Promise<KeptMoment[]> {
    const rows = await this.#ask<Record<string, unknown>[]>({ ask: "moments", sinceMs, stepMs, untilMs });
    return rows.map(momentOf);
  }

  async answers(sinceMs: number, stepMs: number): Promise<DecidedStretch[]> {
    return (await this.#ask<Rows>({ ask: "answers", sinceMs, stepMs })).map(decidedOf);
  }

  oldestMs(): Promise<number | null> {
    return this.#ask({ ask: "oldest" });
  }

  async frequentTexts(limit: number): Promise<KeptText[]> {
    return (await this.#ask<Record<string, unknown>[]>({ ask: "frequentTexts", limit })).map(textOf);
  }

  newestMs(beforeMs: number): Promise<number | null> {
    return this.#ask({ ask: "newest", beforeMs });
  }

  prune(beforeMs: number): Promise<number> {
    return this.#ask({ ask: "prune", beforeMs });
  }

  async release(): Promise<void> {
    if (this.#thread) await this.#ask({ ask: "release" });
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    if (!this.#thread) return;
    await this.#ask({ ask: "close" });
    await this.#thread?.terminate();
  }

  /** Ends the thread, unless it gets work meanwhile. */
  async #retire(): Promise<void> {
    const thread = this.#thread;
    if (!thread || this.#isBusy) return;
    await this.#ask({ ask: "close" }).catch(() => undefined);
    clearTimeout(this.#idle);
    if (this.#thread !== thread || this.#isBusy) return;
    this.#thread = undefined;
    await thread.terminate();
  }

  get #isBusy(): boolean {
    return this.#pending.size + this.#overdue.size > 0;
  }

  #ask<T>(order: Order, limitMs = CALL_LIMIT_MS): Promise<T> {
    // What waits behind a call that hangs would hang too, and pile up.
    if (this.#overdue.size > 0) return Promise.reject(stalled());
    const id = ++this.#count;
    clearTimeout(this.#idle);
    return new Promise<T>((resolve, reject) => {
      const thread = (this.#thread ??= this.#start());
      // The thread keeps nobody alive; whoever waits for its answer must be there to get it.
      const late = setTimeout(() => {
        this.#pending.delete(id);
        this.#overdue.add(id);
        reject(stalled());
      }, limitMs);
      const settled = <A>(settle: (value: A) => void) => {
        return (value: A): void => {
          clearTimeout(late);
          settle(value);
        };
      };
      this.#pending.set(id, { resolve: settled(resolve as (result: unknown) => void), reject: settled(reject) });
      thread.postMessage({ id, order } satisfies Request);
    });
  }

  /** @throws {StoreFault} where the machine has no thread for it. */
  #start(): Worker {
    const thread = this.#startThread();
    thread.on("message", (response: Response) => this.#answered(response));
    thread.on("error", (error) => this.#ended(thread, error.message));
    thread.on("exit", () => this.#ended(thread, "it ended"));
    // The daemon lives as long as it listens, and not because of this.
    thread.unref();
    return thread;
  }

  #startThread(): Worker {
    try {
      return new Worker(THREAD, {
        workerData: { path: this.#path },
        resourceLimits: LIMITS,
        env: {},
        name: "journal",
        execArgv: ["--disable-warning=ExperimentalWarning"],
      });
    } catch (error) {
      throw new StoreFault("away", `the journal's thread can't be started: ${shortageOf(error) ?? messageOf(error)}`);
    }
  }

  #answered(response: Response): void {
    this.#overdue.delete(response.id);
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (!this.#isBusy) this.#idle = setTimeout(() => void this.#retire(), this.#idleMs).unref();
    if (!pending) return;
    if ("fault" in response) pending.reject(new StoreFault(response.fault.kind, response.fault.message));
    else pending.resolve(response.result);
  }

  #ended(thread: Worker, why: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#overdue.clear();
    const fault = new StoreFault("away", `the journal's thread is gone: ${why}`);
    for (const { reject } of this.#pending.values()) reject(fault);
    this.#pending.clear();
  }
}

function stalled(): StoreFault {
  return new StoreFault("stalled", `the journal's thread has not answered for ${CALL_LIMIT_MS / 1000} s`);
}
