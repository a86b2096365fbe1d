import type { Services } from "../../../../src/daemon/http/services.ts";
import { checkText } from "../../../../src/daemon/text/check.ts";
import { CombotError } from "../../../../src/lib/errors.ts";
import type { BackupEvent, BackupFacts, RestoreEvent } from "../../../../src/lib/protocol/backup.ts";
import type { ClassifyReply, ClassifyRequest } from "../../../../src/lib/protocol/classify.ts";
import type { CleanupSnapshot } from "../../../../src/lib/protocol/cleanup.ts";
import type { Decision } from "../../../../src/lib/protocol/decisions.ts";
import type { Endpoint } from "../../../../src/lib/protocol/endpoint.ts";
import type { EndpointName } from "../../../../src/lib/protocol/endpoints.ts";
import type { ModelRow } from "../../../../src/lib/protocol/models.ts";
import { problemOf } from "../../../../src/lib/protocol/problem.ts";
import type { WarmEvent } from "../../../../src/lib/protocol/warm.ts";
import { SHADOW } from "../../../support/sample-models.ts";
import {
  ALERTS_REPLY,
  CACHE_STATS,
  CONFIG,
  HEALTH,
  MEMORY,
  METRICS,
  PROCESS_STATUS,
  REDIS_STATUS,
  SAMPLE,
} from "../../../support/sample-replies.ts";

export interface Recorded {
  readonly name: keyof Services;
  readonly args: readonly unknown[];
}

export interface RecordingServices {
  readonly services: Services;
  readonly calls: readonly Recorded[];
}

/**
 * The port that the HTTP layer asks, answered from samples and written down. Texts go through the daemon's real text
 * rules, because half of what makes a text malformed is theirs to say.
 *
 * @param changes answers of a test's own.
 */
export function recordingServices(changes: Partial<Services> = {}): RecordingServices {
  const calls: Recorded[] = [];
  const answers: Services = { ...ANSWERS, ...changes };
  const recorded = Object.entries(answers).map(([name, answer]) => [
    name,
    (...args: unknown[]) => {
      calls.push({ name: name as keyof Services, args });
      return (answer as (...given: unknown[]) => unknown)(...args);
    },
  ]);
  return { services: Object.fromEntries(recorded) as Services, calls };
}

const SNAPSHOT: CleanupSnapshot = {
  usage: 0.61,
  usedBytes: 4_825_000_000,
  limitBytes: 7_884_000_000,
  cacheBytes: 0,
  processes: MEMORY.processes,
};

const DECISION: Decision = {
  id: "0190-1",
  at: "2026-01-02T03:04:05.678Z",
  action: "recycle",
  reason: "users",
  measured: 50,
  threshold: 50,
  freedBytes: null,
  durationMs: 812,
};

const MODEL_ROW: ModelRow = {
  name: "mood",
  default: false,
  dir: "/srv/models/mood",
  digest: "0123456789ab",
  labels: ["bad", "good"],
  state: "ready",
  reason: null,
  workers: 1,
  bytes: 52_428_800,
  needs: 50_331_648,
  needsToLoad: 83_886_080,
  pinned: false,
  waiting: 0,
  lastUsed: "2026-01-02T03:04:05.678Z",
  unloadsInSeconds: 12,
  calls: 12,
  loads: 1,
  loadSeconds: 1.25,
  evictions: 0,
  p99Ms: 8.5,
};

/** In the place of what the third of several models says. */
const PROBLEM = problemOf(new CombotError("QUEUE_FULL", "third: 8 of 8 texts wait"));
const INBOX_TEXT = {
  digest: "0".repeat(64),
  text: "my parcel, call [phone]",
  count: 7,
  ambiguous: 2,
  label: "order_status",
  score: 0.41,
  lastSeen: "2026-01-02T03:04:05.678Z",
  given: null,
};

const ANSWERS: Services = {
  classify: async (request, _hangUp, timing) => {
    if (timing) Object.assign(timing, { source: "computed", queueMs: 1.5, computeMs: 0.0004 });
    return classify(request);
  },
  classifySeveral: async (request, _hangUp, timing) => {
    const { models = [] } = request;
    if (timing) Object.assign(timing, { source: "memory" });
    const { results, model, durationMs } = classify(request);
    const byModel = (result: ClassifyReply["results"][number]) =>
      Object.fromEntries(models.map((name, at) => [name, at === 2 ? PROBLEM : result]));
    return {
      results: results.map((result) => ({ byModel: byModel(result) })),
      models: Object.fromEntries(models.slice(0, 2).map((name) => [name, { ...model, name }])),
      durationMs,
    };
  },
  named: () => undefined,
  compatAnswered: () => undefined,
  tokenAnswered: () => undefined,
  probe: () => ({ isFine: true, word: "ok" }),
  listModels: async () => ({ models: [MODEL_ROW], dir: "/srv/models" }),
  rescanModels: async () => ({ added: ["mood"], changed: [], removed: [], failed: [], unchanged: 2 }),
  loadModel: async () => ({ started: [0], ready: [0], durationMs: 12 }),
  unloadModel: async () => ({ stopped: [0], beforeBytes: 3, afterBytes: 1, freedBytes: 2, durationMs: 5 }),
  pinModel: async (name, pinned) => ({ ...MODEL_ROW, name, pinned }),
  putModel: async (name, dir) => ({ ...MODEL_ROW, name, dir }),
  removeModel: async () => ({ models: [], dir: "/srv/models" }),
  shadow: async () => ({ shadow: SHADOW, lost: null }),
  startShadow: async ({ share }) => ({ shadow: { ...SHADOW, share }, lost: null }),
  stopShadow: async () => ({ shadow: null, lost: null }),
  testMark: () => ({ header: "combot-test", mark: "5f3a" }),
  isTestMark: (mark) => mark === "5f3a",
  frequentTexts: async ({ limit = 1 }) => ({ texts: [{ digest: "ab".repeat(32), count: limit, text: null }] }),
  health: async () => HEALTH,
  cacheStats: async () => CACHE_STATS,
  redisStatus: async () => REDIS_STATUS,
  readValue: async () => '{"price":12.5}',
  keepValue: async (place) => ({ ...place, ttlSeconds: 3600 }),
  removeValue: async () => ({ removed: true }),
  warm: async () => warmEvents(),
  memory: async () => MEMORY,
  cleanup: async ({ level = "force", dryRun = false }) => ({
    level,
    dryRun,
    actions: [{ action: "recycle", reason: "asked for", freedBytes: 1_048_576, durationMs: 310 }],
    before: SNAPSHOT,
    after: SNAPSHOT,
    freedBytes: 1_048_576,
    durationMs: 311.5,
  }),
  moment: async () => ({ at: "2026-01-02T03:04:00.000Z", point: null, sample: null, oldest: null }),
  processLife: async ({ pid }) => ({
    stepSeconds: 60,
    points: [{ at: "2026-01-02T03:04:00.000Z", pssBytes: 300, rssBytes: 400, users: pid, requests: 9 }],
  }),
  decisions: async ({ limit = 1 }) => ({ decisions: Array.from({ length: limit }, () => DECISION) }),
  alerts: async () => ALERTS_REPLY,
  events: (listener) => {
    listener.send(Buffer.from(`event: sample\ndata: ${JSON.stringify(SAMPLE)}\n\n`));
    listener.send(Buffer.from(`event: decision\nid: ${DECISION.id}\ndata: ${JSON.stringify(DECISION)}\n\n`));
    listener.end();
  },
  metrics: async () => METRICS,
  history: async ({ since = DECISION.at, step = 60 }) => ({ since, stepSeconds: step, points: [] }),
  prometheus: async () => ({
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    body: Buffer.from("combot_up 1\n"),
  }),
  processStatus: async () => PROCESS_STATUS,
  recycle: async (slot, wait) => ({
    recycles: [{ slot: slot ?? 0, done: wait, ...(wait ? { durationMs: 812.5, freedBytes: 1_048_576 } : {}) }],
  }),
  load: async (wait) => ({ started: [0, 1], ready: wait ? [0, 1] : [], durationMs: 3.2 }),
  unload: async (wait) => ({
    stopped: [0, 1],
    beforeBytes: 2_097_152,
    afterBytes: wait ? 1_048_576 : null,
    freedBytes: wait ? 1_048_576 : null,
    durationMs: 18,
  }),
  use: async ({ dir = "/opt/combot/models/shop-intents" }) => ({
    model: { name: "other", digest: "0d4c11f2a9b8", dir, file: "model.onnx" },
    previous: {
      name: "shop-intents",
      digest: "3f9a01c2b7de",
      dir: "/opt/combot/models/shop-intents",
      file: "model.onnx",
    },
    changed: true,
    remembered: true,
    remarks: [],
    durationMs: 914.2,
  }),
  inbox: async ({ model = "default" }) => ({
    model,
    textsKept: true,
    decides: true,
    texts: [INBOX_TEXT],
    counts: [{ label: "order_status", count: 7, ambiguous: 2 }],
  }),
  labelInbox: async ({ given }) => ({ labelled: given.length, unknown: [] }),
  forgetInbox: async () => ({ forgotten: 2, backups: 1 }),
  backups: async () => ({ folder: "/srv/backups", backups: [{ name: FACTS.name, bytes: 4096 }] }),
  backup: () => backupEvents(),
  restore: ({ name, dryRun = false }) => restoreEvents(name, dryRun),
  config: async () => CONFIG,
};

async function* warmEvents(): AsyncGenerator<WarmEvent, void> {
  const progress = { total: 2, done: 1, computed: 1, known: 0, skipped: 0, failed: 0 };
  yield { event: "progress", data: progress };
  yield { event: "done", data: { ...progress, done: 2, known: 1, stopped: null, durationMs: 31 } };
}

const FACTS: BackupFacts = {
  format: 1,
  name: "2026-01-02T03-30-00Z",
  at: "2026-01-02T03:30:00.000Z",
  version: "0.1.0",
  journal: { decisions: 12, minutes: 1440, alerts: 2, texts: 300 },
  journalNote: null,
  cache: { answers: 5000, products: 40, sessions: 0 },
  cacheNote: null,
};

async function* backupEvents(): AsyncGenerator<BackupEvent, void> {
  yield { event: "progress", data: { step: "cache", done: 1000, total: null } };
  yield {
    event: "done",
    data: { ...FACTS, folder: "/srv/backups/x", bytes: 4096, removed: [], unjudged: [], durationMs: 31 },
  };
}

async function* restoreEvents(name: string, dryRun: boolean): AsyncGenerator<RestoreEvent, void> {
  const { at, journalNote, cache, cacheNote, journal } = FACTS;
  yield { event: "progress", data: { step: "check", done: 1, total: 4 } };
  const replaced = journal && { backup: journal, present: journal };
  yield { event: "done", data: { name, at, dryRun, journal: replaced, journalNote, cache, cacheNote, durationMs: 31 } };
}

function classify({ text, texts, labels, topK = 1 }: ClassifyRequest): ClassifyReply {
  const given = texts ?? [text ?? ""];
  for (const [index, item] of given.entries()) checkText(typeof item === "string" ? item : item.text, index);
  const best = { label: labels?.[0] ?? "order_status", score: 0.93 };
  const scores = topK > 1 ? { scores: [best, { label: "refund", score: 0.05 }] } : {};
  return {
    results: given.map((_, index) => ({ ...best, ...scores, cached: index % 2 === 0 ? "memory" : false })),
    model: { name: "shop-intents", digest: "3f9a01c2b7de" },
    durationMs: 0.41,
  };
}

/** The endpoint's path, with something in the place of its parameters. */
export function examplePath({ path }: Pick<Endpoint, "path">): string {
  return path.replace("{namespace}", "product").replace("{key}", "shoe").replace("{name}", "mood");
}

/** Of those that can't be called without. */
export const NEEDED_QUERIES: Readonly<Partial<Record<EndpointName, string>>> = {
  processLife: "?pid=7&since=2026-01-02T03:04:05.678Z",
};

/** A body for each call that wants one. */
export const VALID_BODIES: Readonly<Partial<Record<EndpointName, string>>> = {
  classify: '{"text":"where is my order"}',
  cacheWrite: '{"price":12.5}',
  inboxLabel: `{"given":[{"digest":"${"0".repeat(64)}","label":"refund"}]}`,
  inboxForget: '{"all":true}',
  modelUse: '{"dir":"/srv/models/other"}',
  namedPut: '{"dir":"/srv/models/other"}',
  shadowStart: '{"dir":"/srv/models/other","share":0.1}',
  restore: '{"name":"2026-01-02T03-30-00Z"}',
};
