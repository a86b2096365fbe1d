import { mkdirSync } from "node:fs";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { ModelUseReply } from "../../../../src/lib/protocol/model.ts";
import type { Judge } from "../../../../test/support/swaps/judge.ts";

/** A daemon that is stopped and started again, at the same sockets and with the same state. */
export class RestartedDaemon {
  readonly #env: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #judge: Judge;
  #daemon: PrivateDaemon | undefined;
  /** Grows with each start and each stop: a call that saw one of them was cut off. */
  epoch = 0;

  constructor(env: Readonly<Record<string, string>>, folder: string, judge: Judge) {
    this.#env = env;
    this.#folder = folder;
    this.#judge = judge;
  }

  /** Undefined while none runs. */
  get socketPath(): string | undefined {
    return this.#daemon?.socketPath;
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  async start(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const daemon = await PrivateDaemon.start({ env: this.#env, startLimitMs: 60_000 }, this.#folder);
    const { model } = await daemon.json<Health>("GET", "/api/health/");
    await this.#judge.learn(model.digest);
    this.#daemon = daemon;
    this.epoch++;
  }

  async stop(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    this.epoch++;
    await daemon?.stop();
  }

  /** @returns whether it was switched: a folder in pieces is refused. */
  async use(dir: string): Promise<boolean> {
    const reply = await this.#daemon!.ask("PUT", "/api/model/", { dir });
    if (reply.status !== 200) return false;
    const { model } = JSON.parse(reply.text) as ModelUseReply;
    await this.#judge.learn(model.digest);
    return true;
  }

  async recycle(): Promise<void> {
    await this.#daemon!.ask("POST", "/api/process/recycle/?wait=true");
  }

  health(): Promise<Health> {
    return this.#daemon!.json<Health>("GET", "/api/health/");
  }
}
