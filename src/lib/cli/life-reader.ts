import type { Client } from "../client.ts";
import { messageOf } from "../errors.ts";
import type { MonitorView } from "../monitor/state.ts";
import type { WorkerStatus } from "../protocol/process.ts";
import type { Life } from "../render/monitor/options.ts";

const MINUTE_MS = 60_000;
const ANSWER_MS = 10_000;

/** What the journal knows of the process whose detail is shown; read once, and again after a minute. */
export class LifeReader {
  readonly #client: Pick<Client, "call">;
  readonly #onNews: () => void;
  #of: string | undefined;
  #life: Life | undefined;

  constructor(client: Pick<Client, "call">, onNews: () => void) {
    this.#client = client;
    this.#onNews = onNews;
  }

  /** @param nowMs the time of day. */
  lifeOf({ pid, uptimeSeconds }: WorkerStatus, { past }: Pick<MonitorView, "past">, nowMs: number): Life | undefined {
    if (pid === null) return undefined;
    const untilMs = past ? past.atMs + MINUTE_MS : nowMs;
    const key = `${pid} ${Math.floor(untilMs / MINUTE_MS)}`;
    if (this.#of?.split(" ")[0] !== String(pid)) this.#life = { points: undefined };
    if (this.#of !== key) void this.#read(key, pid, { sinceMs: untilMs - uptimeSeconds * 1000 - MINUTE_MS, untilMs });
    return this.#life;
  }

  async #read(key: string, pid: number, span: { readonly sinceMs: number; readonly untilMs: number }): Promise<void> {
    this.#of = key;
    const [since, until] = [span.sinceMs, span.untilMs].map((ms) => new Date(ms).toISOString());
    const query = { pid: String(pid), since: since ?? "", until: until ?? "" };
    const life = await this.#client.call("processLife", { query, timeoutMs: ANSWER_MS }).then(
      ({ points }): Life => ({ points }),
      (thrown: unknown): Life => ({ points: [], fault: messageOf(thrown) }),
    );
    if (this.#of !== key) return;
    this.#life = life;
    this.#onNews();
  }
}
