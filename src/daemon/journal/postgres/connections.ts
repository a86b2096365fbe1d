import type { Pool, PoolClient } from "pg";
import { hangLimitMs } from "../../../lib/slowness.ts";
import type { PoolState } from "../store.ts";
import { saysNotHere, sqlStateOf } from "./faults.ts";
import { withLibpqModes } from "./tls-mode.ts";

export interface ConnectionsOptions {
  /** Asked whenever a pool is opened: its password may have been changed. */
  readonly url: () => string;
  readonly max: number;
  /** Told once of each connection that is held too long. */
  readonly onHeld: (where: string, heldMs: number) => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

export type Query = (sql: string, parameters?: readonly unknown[]) => Promise<Record<string, unknown>[]>;

const HELD_TOO_LONG_MS = hangLimitMs(10_000);
/** For one transaction, and not for the connection: PgBouncer refuses a login that names it. */
const BEGIN = `BEGIN; SET LOCAL statement_timeout = ${hangLimitMs(5000)}`;
const NONE: PoolState = { total: 0, idle: 0, waiting: 0, max: 0, heldLongest: null };

/**
 * Connections to Postgres, at most so many; taken for one piece of work each, and given back however that ends. None is
 * open before the first is wanted, nor after `close` until the next one is.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #held = new Map<object, { readonly where: string; readonly sinceMs: number }>();
  #pool: Promise<Pool> | undefined;
  #opened: Pool | undefined;
  #closing: Promise<void> = Promise.resolve();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get state(): PoolState {
    const { max, now } = this.#options;
    const [first] = this.#held.values();
    const heldLongest = first ? { where: first.where, ms: Math.round(now() - first.sinceMs) } : null;
    if (!this.#opened) return { ...NONE, max, heldLongest };
    const { totalCount: total, idleCount: idle, waitingCount: waiting } = this.#opened;
    return { total, idle, waiting, max, heldLongest };
  }

  /**
   * Works with one connection, in one transaction. One that failed otherwise than by an answer of the server is not used
   * again; nor is any of them where the answer is that this server is not the one any more.
   */
  async with<T>(where: string, work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const end = this.#hold(where);
    const query: Query = async (sql, parameters = []) => (await client.query(sql, [...parameters])).rows;
    let [broken, elsewhere] = [true, false];
    try {
      await client.query(BEGIN);
      const result = await work(query);
      await client.query("COMMIT");
      broken = false;
      return result;
    } catch (error) {
      elsewhere = saysNotHere(error);
      broken = elsewhere || sqlStateOf(error) === undefined || !(await rolledBack(client));
      throw error;
    } finally {
      end();
      client.release(broken);
      if (elsewhere) void this.close();
    }
  }

  async #connect(): Promise<PoolClient> {
    const pool = await (this.#pool ??= this.#open());
    try {
      return await pool.connect();
    } catch (error) {
      // The next one asks again where it is and what the password is by then.
      if (this.#opened === pool) void this.close();
      throw error;
    }
  }

  /** Those in use are closed when they are given back. */
  async close(): Promise<void> {
    const pool = this.#pool;
    [this.#pool, this.#opened] = [undefined, undefined];
    if (pool) this.#closing = pool.then((open) => open.end()).catch(() => undefined);
    await this.#closing;
  }

  async #open(): Promise<Pool> {
    // Never two pools at once: together they could have more connections than one may.
    await this.#closing;
    const { default: pg } = await import("pg");
    const pool = new pg.Pool({
      connectionString: withLibpqModes(this.#options.url()),
      max: this.#options.max,
      connectionTimeoutMillis: hangLimitMs(2000),
      // A frozen server never ends a statement by itself.
      query_timeout: hangLimitMs(6000),
      idleTimeoutMillis: 10_000,
      maxLifetimeSeconds: 1800,
      keepAlive: true,
      application_name: "combot",
      allowExitOnIdle: true,
    });
    // An idle connection that is cut is one less, and no reason to end the process.
    pool.on("error", ignore);
    // The pool listens to one that is idle, and nobody to one that is out, or given back to be closed: cut then, it
    // would end the process. Its next statement fails and says so.
    pool.on("connect", (client) => client.on("error", ignore));
    this.#opened = pool;
    return pool;
  }

  #hold(where: string): () => void {
    const { now, onHeld } = this.#options;
    const key = {};
    const sinceMs = now();
    this.#held.set(key, { where, sinceMs });
    const late = setTimeout(() => onHeld(where, Math.round(now() - sinceMs)), HELD_TOO_LONG_MS).unref();
    return () => {
      clearTimeout(late);
      this.#held.delete(key);
    };
  }
}

function ignore(): void {}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query("ROLLBACK");
    return true;
  } catch {
    return false;
  }
}
