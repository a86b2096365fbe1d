import { setTimeout as delay } from "node:timers/promises";
import { PrivatePostgres } from "../../../../../scripts/support/private-postgres.ts";
import { Forwarder } from "../../../../../test/support/forwarder.ts";
import { RedisServer } from "../../../../../test/support/redis-server.ts";

const DATABASE = "campaign";

/** Two servers behind one port, which leads to the one that is the master. */
export interface FailingOver {
  readonly url: string;
  /** The other one becomes the master. */
  failOver(): Promise<void>;
  /** The master is killed and started again. */
  crash(): Promise<void>;
  end(): Promise<void>;
}

export class RedisPair implements FailingOver {
  #master: RedisServer;
  #replica: RedisServer;
  readonly #forwarder: Forwarder;

  private constructor(master: RedisServer, replica: RedisServer, forwarder: Forwarder) {
    this.#master = master;
    this.#replica = replica;
    this.#forwarder = forwarder;
  }

  static async start(): Promise<RedisPair> {
    const [master, replica] = [await RedisServer.start(), await RedisServer.start()];
    await replica.ask((redis) => redis.replicaof("127.0.0.1", master.port));
    return new RedisPair(master, replica, await Forwarder.start(master.port));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#forwarder.port}`;
  }

  async failOver(): Promise<void> {
    const [old, next] = [this.#master, this.#replica];
    await next.ask((redis) => redis.replicaof("NO", "ONE"));
    await old.ask((redis) => redis.replicaof("127.0.0.1", next.port));
    this.#forwarder.target = next.port;
    [this.#master, this.#replica] = [next, old];
  }

  async crash(): Promise<void> {
    await this.#master.kill();
    await delay(1000);
    await this.#master.run();
  }

  async end(): Promise<void> {
    this.#forwarder.end();
    await this.#master.end();
    await this.#replica.end();
  }
}

export class PostgresPair implements FailingOver {
  #master: PrivatePostgres;
  #standby: PrivatePostgres;
  readonly #forwarder: Forwarder;

  private constructor(master: PrivatePostgres, standby: PrivatePostgres, forwarder: Forwarder) {
    this.#master = master;
    this.#standby = standby;
    this.#forwarder = forwarder;
  }

  static async start(): Promise<PostgresPair> {
    const master = await PrivatePostgres.start();
    await master.database(DATABASE);
    return new PostgresPair(master, await master.standby(), await Forwarder.start(master.port));
  }

  get url(): string {
    return this.#master.url(DATABASE).replace(`:${this.#master.port}/`, `:${this.#forwarder.port}/`);
  }

  async decisionIds(): Promise<Set<string>> {
    return new Set((await this.#master.query("SELECT id FROM combot_decisions", DATABASE)).map(({ id }) => String(id)));
  }

  /** As one should: the old one is shut down, which sends what it has, before the new one is promoted. */
  async failOver(): Promise<void> {
    const old = this.#master;
    await old.end();
    await this.#standby.query("SELECT pg_promote()");
    this.#forwarder.target = this.#standby.port;
    this.#master = this.#standby;
    await old.remove();
    this.#standby = await this.#master.standby();
  }

  async crash(): Promise<void> {
    await this.#master.end("SIGKILL");
    await delay(1000);
    await this.#master.run();
  }

  async end(): Promise<void> {
    this.#forwarder.end();
    await this.#standby.remove();
    await this.#master.remove();
  }
}
