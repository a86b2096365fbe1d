import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Journal } from "../../../src/daemon/journal/journal.ts";
import { readHistory } from "../../../src/daemon/reports/history.ts";
import { namesOf } from "../../../src/daemon/reports/model-lookup.ts";
import { CombotError } from "../../../src/lib/errors.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { HistoryReply } from "../../../src/lib/protocol/history.ts";
import { startJournal } from "../../contract/journal/running-journal.ts";
import { describeEachStore } from "../../contract/journal/stores.ts";
import { startCore } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { writeNamedModel } from "../../support/repository.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { START_MS, startRollups } from "./support/running-rollups.ts";

// Models are tried and loaded, and a server is made.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const MINUTE_MS = 60_000;
const FIRST_MS = START_MS - 10_000;
const SOON = { timeout: 20_000, interval: 20 };

/** What whoever calls has counted by himself, of one model. */
class Client {
  calls = 0;
  failed = 0;
  texts = 0;
  cached = 0;
  tookMs = 0;

  readonly #core: Core;
  readonly #model: string;

  constructor(core: Core, model: string) {
    this.#core = core;
    this.#model = model;
  }

  async ask(texts: readonly string[], isTest = false): Promise<void> {
    const request = { texts: [...texts], model: this.#model, ...(isTest && { isTest: true as const }) };
    const reply: ClassifyReply = await this.#core.models.classify(request, () => new AbortController().signal);
    if (isTest) return;
    this.calls += 1;
    this.texts += reply.results.length;
    this.cached += reply.results.filter(({ cached }) => cached !== false).length;
    this.tookMs += reply.durationMs;
  }

  /** One that waits for a worker until there can't be any. @returns the code that it is refused with. */
  async fail(text: string): Promise<string> {
    const { pool, queue } = await this.#core.models.engineOf(this.#model);
    await pool.unload();
    pool.suspend();
    const asked = this.ask([text]).catch((error: unknown) => error);
    await vi.waitUntil(() => queue.waiting === 1, SOON);
    queue.failWaiting(new CombotError("MODEL_UNAVAILABLE", "by hand"));
    const error = await asked;
    this.calls += 1;
    this.failed += 1;
    pool.load(1);
    await pool.whenReady();
    return error instanceof CombotError ? error.code : "";
  }

  take(): object {
    const { calls: requests, failed: failures, texts, cached: cached_texts } = this;
    const answered_ms: unknown = expect.closeTo(this.tookMs, 1);
    [this.calls, this.failed, this.texts, this.cached, this.tookMs] = [0, 0, 0, 0, 0];
    return { requests, failures, texts, cached_texts, answered_ms };
  }
}

async function startModels(): Promise<{ core: Core; dir: string }> {
  const dir = temporaryFolder();
  for (const name of ["mood", "topic", "idle"]) writeNamedModel(join(dir, "models", name), name);
  writeNamedModel(join(dir, "own"), "own");
  const core = await startCore(join(dir, "own"), { COMBOT_MODELS_DIR: join(dir, "models"), WORKERS: "1" });
  await core.models.repository.rescan();
  return { core, dir };
}

/** The minutes of a daemon, by a clock that is set by hand. */
function startMinutes({ models }: Core, journal: Journal): { endMinute: () => void; stop: () => Promise<void> } {
  const { rollups, pass } = startRollups(journal, {
    tenants: () => models.tenants,
    engines: () => [...models.engines, ...models.repository.engines],
  });
  onTestFinished(() => rollups.stop());
  return { endMinute: () => pass(MINUTE_MS, MINUTE_MS), stop: () => rollups.stop() };
}

describeEachStore("has minutes by model:", (_kind, backend) => {
  test("they are what the client counted, minute by minute and model by model", async () => {
    const { open, rows } = await backend();
    const { core, dir } = await startModels();
    const { journal } = startJournal(open());
    const { endMinute, stop } = startMinutes(core, journal);
    const kept = (): Promise<Record<string, unknown>[]> =>
      rows("SELECT * FROM combot_model_minutes ORDER BY at_ms, model").catch(() => []);
    const [mood, topic] = [new Client(core, "mood"), new Client(core, "topic")];
    for (const at of [0, 1, 2]) await mood.ask([`is my order ${at}`, "hello"]);
    await topic.ask(["pay with two cards"]);
    await topic.ask(["never counted"], true);
    expect(await topic.fail("what are your hours")).toBe("MODEL_UNAVAILABLE");
    const first = [
      { model: "mood", ...mood.take(), loads: 1 },
      { model: "topic", ...topic.take(), loads: 2 },
    ];
    endMinute();
    await expect.poll(async () => (await kept()).length, SOON).toBe(2);

    // Cached alone: asked, and not loaded again. Then another model under the same name, which begins anew.
    await mood.ask(["hello"]);
    await core.models.repository.put("mood", writeNamedModel(join(dir, "other"), "other", { phase: 1 }));
    await mood.ask(["hello", "would like two shoes"]);
    const second = { model: "mood", ...mood.take(), loads: 1 };
    await stop();
    await expect.poll(async () => (await kept()).length, SOON).toBe(3);
    const numbers = (row: Record<string, unknown>): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, /_ms$|s$/.test(name) ? Number(value) : value]),
      );
    expect((await kept()).map(numbers)).toMatchObject([
      ...first.map((row) => ({ ...row, at_ms: FIRST_MS, evictions: 0 })),
      { ...second, at_ms: FIRST_MS + MINUTE_MS, evictions: 0 },
    ]);

    const read = (model: string): Promise<HistoryReply> =>
      readHistory(
        journal,
        { since: new Date(FIRST_MS).toISOString(), step: 60, model },
        FIRST_MS + 2 * MINUTE_MS,
        namesOf(core.models),
      );
    const { model, points } = await read("topic");
    expect(model).toBe("topic");
    expect(points).toMatchObject([
      { requests: 2, errors: 1, texts: 1, hitRate: 0, throughput: 0.033, loads: 2, evictions: 0 },
      { requests: 0, errors: 0, texts: 0, hitRate: null, throughput: 0, meanMs: null, loads: 0 },
    ]);
    expect((await read("idle")).points.map(({ requests }) => requests)).toEqual([0, 0]);
    await expect(read("moods")).rejects.toMatchObject({
      code: "MODEL_UNKNOWN",
      message: expect.stringContaining("mood, topic") as string,
    });
    // What was served once is in the journal under its name.
    await core.models.repository.remove("topic");
    expect((await read("topic")).points.map(({ requests }) => requests)).toEqual([2, 0]);
  });
});
