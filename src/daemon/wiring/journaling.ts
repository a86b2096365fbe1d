import { randomBytes } from "node:crypto";
import type { Settings } from "../../lib/config/settings.ts";
import type { Alert } from "../../lib/protocol/alerts.ts";
import type { Decision } from "../../lib/protocol/decisions.ts";
import type { Sample } from "../../lib/protocol/events.ts";
import type { Governance } from "./governance.ts";
import type { Clocks } from "../journal/clock-trust.ts";
import { InboxCounter } from "../journal/inbox-counter.ts";
import { Journal } from "../journal/journal.ts";
import type { JournalState } from "../journal/journal.ts";
import { PostgresStore } from "../journal/postgres/store.ts";
import { SqliteStore } from "../journal/sqlite/store.ts";
import type { InboxStore, Store } from "../journal/store.ts";
import { TextCounter } from "../journal/text-counter.ts";
import type { Logger } from "../log/log.ts";
import type { AnswerTally } from "../metrics/answer-tally.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Onlookers } from "./onlookers.ts";
import type { Models } from "../residency/models.ts";
import { Drift } from "../reports/drift.ts";
import { ModelMinutes } from "../reports/model-minutes.ts";
import { Rollups } from "../reports/rollups.ts";

/** The journal and what feeds it; nothing where DATABASE_URL is off. */
export interface Journaling {
  readonly journal: Journal;
  readonly texts: TextCounter;
  readonly inbox: InboxCounter;
  /** The inbox with all that was not understood until now. @throws {StoreFault} */
  readonly readInbox: () => Promise<InboxStore>;
  readonly drift: Drift;
  /** Told of each change of an alert; and of reminders, which are passed over. */
  readonly alert: (alert: Alert) => void;
  start(): void;
  /** What waits is written, for at most five seconds. */
  stop(): Promise<void>;
}

interface JournalingParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly models: Models;
  readonly metrics: Metrics;
  readonly answers: AnswerTally;
  readonly governance: Governance;
  readonly onlookers: Onlookers;
  /** All that a monitor shows now. */
  readonly sample: () => Promise<Sample>;
  /** The settings as they are written by now. */
  readonly readAgain: () => Settings;
}

const CLOCKS: Clocks = { wall: Date.now, monotonic: () => performance.now() };

export function createJournaling(parts: JournalingParts): Journaling | undefined {
  const { settings, log, models, metrics, answers, governance, onlookers, readAgain } = parts;
  const { governor, decisions } = governance;
  const store = createStore(settings, log, readAgain);
  if (!store) return undefined;
  const journal = createJournal(store, settings, log, governor);
  const texts = new TextCounter(settings.journalText);
  const basisOf = (model: string): string | undefined =>
    models.tenants.find(({ name }) => name === model)?.engine.classifier.basis;
  const inbox = new InboxCounter(settings.journalText);
  const drift = new Drift({ journal, now: CLOCKS.wall, basisOf });
  const users = (): number => models.current.pool.users;
  const runId = `${Date.now().toString(36)}-${randomBytes(3).toString("hex")}`;
  const sample = (): Promise<Sample | undefined> =>
    parts.sample().catch((error: unknown) => {
      onlookers.failed("journal", error);
      return undefined;
    });
  const rollups = new Rollups({
    journal,
    clocks: CLOCKS,
    tally: metrics.minute,
    texts,
    inbox,
    answers,
    models: new ModelMinutes({
      tenants: () => models.tenants,
      engines: () => [...models.engines, ...models.repository.engines],
    }),
    basisOf,
    governor,
    users,
    sample,
    onFailure: (error) => onlookers.failed("journal", error),
    runId,
  });
  decisions.addSink({ keep: (decision) => journal.decision(decision) });
  decisions.addSink({ keep: (decision) => void disconnectAtEmergency(decision, store, governance) });
  return {
    journal,
    texts,
    inbox,
    readInbox: async () => {
      await rollups.tellTexts();
      return journal.readInbox();
    },
    drift,
    alert: alertKeeper(journal, runId),
    start: () => {
      journal.start();
      rollups.start();
      drift.start();
    },
    stop: async () => {
      drift.stop();
      await rollups.stop();
      await journal.stop();
    },
  };
}

function createJournal(store: Store, settings: Settings, log: Logger, governor: Governance["governor"]): Journal {
  return new Journal({
    store,
    retentionMs: settings.journalRetentionMs,
    isFrugal: () => governor.level === "emergency",
    clocks: CLOCKS,
    onHold: (why) => tellHold(log, why),
    onState: (state) => tellState(log, state),
    random: () => randomBytes(9).toString("base64url"),
  });
}

function alertKeeper(journal: Journal, runId: string): (alert: Alert) => void {
  const states = new Map<Alert["alert"], Alert["state"]>();
  let count = 0;
  return (alert) => {
    if ((states.get(alert.alert) ?? "resolved") === alert.state) return;
    states.set(alert.alert, alert.state);
    journal.alert({ ...alert, id: `${runId}-${(++count).toString(36).padStart(6, "0")}a` });
  };
}

function createStore(
  { database, databasePoolMax }: Settings,
  log: Logger,
  readAgain: () => Settings,
): Store | undefined {
  if (database.kind === "off") return undefined;
  if (database.kind === "sqlite") return new SqliteStore(database.path);
  return new PostgresStore({
    url: () => {
      const { database: now } = readAgain();
      return now.kind === "postgres" ? now.url : database.url;
    },
    max: databasePoolMax,
    onHeld: (where, heldMs) => log.warn({ where, heldMs }, "a database connection is held too long"),
    now: CLOCKS.monotonic,
  });
}

/** Each connection is memory of the server's, which may be on this machine. The next write opens one again. */
async function disconnectAtEmergency(decision: Decision, store: Store, { decisions }: Governance): Promise<void> {
  const open = store.pool?.total ?? 0;
  if (decision.action !== "level" || decision.reason !== "emergency" || open === 0) return;
  const from = performance.now();
  await store.release().catch(() => undefined);
  const { measured, threshold } = decision;
  const entry = { action: "disconnect", reason: "emergency", measured, threshold } as const;
  const detail = `database connections closed: ${open}`;
  decisions.record({ ...entry, freedBytes: null, durationMs: Math.round(performance.now() - from), detail });
}

function tellHold(log: Logger, why: string | null): void {
  if (why === null) log.info("the clock can be trusted: the journal's retention goes on");
  else log.warn({ why }, "the journal's retention is held");
}

function tellState(log: Logger, { state, reason, store, waiting, dropped }: JournalState): void {
  const fields = { store, waiting, dropped, ...(reason === null ? {} : { reason }) };
  if (state === "up") log.info(fields, "the journal is written again");
  else if (state === "off") log.error(fields, "the journal is off");
  else log.warn(fields, "the journal can't be written; it is tried again");
}
