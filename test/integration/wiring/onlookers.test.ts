import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import type { Logger } from "../../../src/daemon/log/log.ts";
import { BUNDLED_MODEL_DIR } from "../../../src/daemon/model/bundled-model.ts";
import type { Onlooker } from "../../../src/daemon/wiring/onlookers.ts";
import { createServices } from "../../../src/daemon/wiring/services.ts";
import { createServing } from "../../../src/daemon/wiring/serving.ts";
import type { Serving } from "../../../src/daemon/wiring/serving.ts";
import { loadSettings } from "../../../src/lib/config/load.ts";
import { temporaryFolder } from "../../support/temporary.ts";

interface Core {
  readonly serving: Serving;
  readonly log: Logger;
  readonly ask: (text: string) => Promise<string>;
}

/** The whole core with a journal and one worker. */
async function start(): Promise<Core> {
  const log = pino({ level: "silent" });
  const folder = temporaryFolder();
  const env = {
    COMBOT_MODEL_DIR: BUNDLED_MODEL_DIR,
    COMBOT_STATE_DIR: folder,
    DATABASE_URL: `sqlite:${join(folder, "journal.db")}`,
    REDIS_URL: "off",
    JOURNAL_TEXT: "on",
    WORKERS: "1",
  };
  const loaded = loadSettings({ env, machine: { cores: 2, memoryBytes: 8 * 2 ** 30 } });
  const serving = await createServing(loaded.settings, log);
  onTestFinished(async () => {
    serving.watch.stop();
    await serving.governance.governor.stop();
    await serving.models.stop();
    await serving.journaling?.stop();
  });
  const services = createServices({
    ...serving,
    backups: undefined as never,
    probes: undefined as never,
    loaded: () => loaded,
    log,
  });
  const hangUp = (): AbortSignal => new AbortController().signal;
  const ask = async (text: string): Promise<string> =>
    (await services.classify({ text, noCache: true }, hangUp)).results[0]?.label ?? "";
  return { serving, log, ask };
}

function fail(): never {
  throw new Error("an onlooker is broken");
}

function breakAll(target: object, ...names: readonly string[]): void {
  for (const name of names) Object.defineProperty(target, name, { value: fail });
}

/** What is done to each, on the object that the daemon has. */
const BREAK: Readonly<Partial<Record<Onlooker, (core: Core) => void>>> = {
  log: ({ log }) => breakAll(log, "info", "warn", "error", "trace", "debug"),
  metrics: ({ serving }) => breakAll(serving.metrics, "batch", "recycled", "answered", "failed", "waited"),
  cache: ({ serving }) => breakAll(serving.caching.answers.memory, "dropWorker"),
  texts: ({ serving }) => breakAll(serving.journaling!.texts, "add"),
  decisions: ({ serving }) => {
    breakAll(serving.journaling!.journal, "decision");
    serving.governance.decisions.addSink({ keep: fail });
  },
};

test.each(Object.keys(BREAK) as Onlooker[])(
  "texts are answered and a worker that dies is replaced while %s throws",
  async (onlooker) => {
    const core = await start();
    const { serving, ask } = core;
    const expected = await ask("where is my order");
    BREAK[onlooker]?.(core);
    expect(await ask("where is my order")).toBe(expected);
    const { pool } = serving.models.current;
    const [pid] = pool.slots.map(({ current }) => current?.pid);
    process.kill(pid ?? 0, "SIGKILL");
    await expect.poll(() => pool.serving === 1 && pool.slots[0]?.current?.pid !== pid, { timeout: 20_000 }).toBe(true);
    expect(await ask("where is my order")).toBe(expected);
    expect([...(pool.slots[0]?.workers ?? [])]).toHaveLength(1);
    expect(serving.onlookers.failuresOf(onlooker)).toBeGreaterThan(0);
  },
);

test("an alert reaches the others while the events, the journal or the webhook throw", async () => {
  const { serving } = await start();
  breakAll(serving.events, "tellAlert");
  breakAll(serving.journaling!, "alert");
  breakAll(serving.models.current.pool, "load");
  await serving.watch.tick();
  // Of a kind that fires at once.
  Object.defineProperty(serving.models.current.pool, "held", { value: "for a test" });
  await serving.watch.tick();
  expect(serving.watch.report().firing.map(({ alert }) => alert)).toContain("workers-held");
  const { onlookers } = serving;
  expect([onlookers.failuresOf("events") > 0, onlookers.failuresOf("journal") > 0]).toEqual([true, true]);
});
