import type { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { alertsReply } from "./alerts.ts";
import { backupEvent, backupRequest, backupsReply, restoreEvent, restoreRequest } from "./backup.ts";
import { cacheStats, cacheValue, cacheValueKept, cacheValuePlace, cacheValueRemoved, redisStatus } from "./cache.ts";
import { anyClassifyReply, classifyRequest } from "./classify.ts";
import { cleanupReply, cleanupRequest } from "./cleanup.ts";
import { configReport } from "./config.ts";
import { decisionsQuery, decisionsReply } from "./decisions.ts";
import { daemonEvent } from "./events.ts";
import { health } from "./health.ts";
import { testMark } from "./load-test.ts";
import { historyQuery, historyReply } from "./history.ts";
import { memoryReport } from "./memory.ts";
import { metricsReport } from "./metrics.ts";
import { loadReply, modelUseReply, modelUseRequest, unloadReply } from "./model.ts";
import { INBOX_ENDPOINTS } from "./inbox-endpoints.ts";
import { MODEL_ENDPOINTS } from "./model-endpoints.ts";
import { lifeQuery, lifeReply, momentQuery, momentReply } from "./moments.ts";
import { processStatus, recycleReply, recycleRequest, waitQuery } from "./process.ts";

import { textsQuery, textsReply } from "./texts.ts";
import { warmEvent, warmRequest } from "./warm.ts";

/** Every call of the HTTP API: what the server serves, the client knows and the OpenAPI page tells. */
export const ENDPOINTS = {
  classify: {
    method: "POST",
    path: "/api/classify/",
    access: "user",
    summary: "Classify one text or up to 256, by one model or several",
    body: classifyRequest,
    replies: { 200: anyClassifyReply },
  },
  health: {
    method: "GET",
    path: "/api/health/",
    access: "user",
    summary: "Whether it can answer classifications",
    replies: { 200: health, 503: health },
  },
  memory: {
    method: "GET",
    path: "/api/memory/",
    access: "control",
    summary: "Memory of the machine, the daemon and its workers",
    replies: { 200: memoryReport },
  },
  metrics: {
    method: "GET",
    path: "/api/metrics/",
    access: "user",
    summary: "Counters and latencies; Prometheus text with Accept: text/plain",
    replies: { 200: metricsReport },
  },
  metricsHistory: {
    method: "GET",
    path: "/api/metrics/history/",
    access: "user",
    summary: "The same over time, from the journal",
    query: historyQuery,
    replies: { 200: historyReply },
  },
  moment: {
    method: "GET",
    path: "/api/moment/",
    access: "control",
    summary: "One minute of the past, as a monitor showed it, from the journal",
    query: momentQuery,
    replies: { 200: momentReply },
  },
  cacheStats: {
    method: "GET",
    path: "/api/cache/stats/",
    access: "user",
    summary: "Hits and misses of the cache, and what it holds",
    replies: { 200: cacheStats },
  },
  cacheRead: {
    method: "GET",
    path: "/api/cache/{namespace}/{key}/",
    access: "user",
    summary: "A product or a session of the shared cache",
    params: cacheValuePlace,
    replies: { 200: cacheValue },
  },
  cacheWrite: {
    method: "PUT",
    path: "/api/cache/{namespace}/{key}/",
    access: "user",
    summary: "Keep a product for an hour, or a session until 30 minutes after it was last asked for",
    params: cacheValuePlace,
    body: cacheValue,
    keepsText: true,
    replies: { 200: cacheValueKept },
  },
  cacheRemove: {
    method: "DELETE",
    path: "/api/cache/{namespace}/{key}/",
    access: "user",
    summary: "Remove a product or a session",
    params: cacheValuePlace,
    replies: { 200: cacheValueRemoved },
  },
  redisStatus: {
    method: "GET",
    path: "/api/redis/status/",
    access: "control",
    summary: "How Redis does, seen from the daemon",
    replies: { 200: redisStatus },
  },
  warm: {
    method: "POST",
    path: "/api/warm/",
    access: "control",
    summary: "Fill the cache, with the texts given or those asked most often",
    body: warmRequest,
    replies: { 200: warmEvent },
    stream: true,
  },
  cleanup: {
    method: "POST",
    path: "/api/cleanup/",
    access: "control",
    summary: "Give memory back, and say how much",
    body: cleanupRequest,
    replies: { 200: cleanupReply },
  },
  testMark: {
    method: "GET",
    path: "/api/test-mark/",
    access: "control",
    summary: "What marks a classify call as a load test's: it counts nowhere that people's questions count",
    replies: { 200: testMark },
  },
  frequentTexts: {
    method: "GET",
    path: "/api/texts/",
    access: "control",
    summary:
      "The texts that were asked most, from the journal: their digests, and the texts themselves where it keeps them",
    query: textsQuery,
    replies: { 200: textsReply },
  },
  decisions: {
    method: "GET",
    path: "/api/decisions/",
    access: "control",
    summary: "What was done to memory, and why",
    query: decisionsQuery,
    replies: { 200: decisionsReply },
  },
  alerts: {
    method: "GET",
    path: "/api/alerts/",
    access: "control",
    summary: "What somebody should look at now, and what has resolved",
    replies: { 200: alertsReply },
  },
  events: {
    method: "GET",
    path: "/api/events/",
    access: "control",
    summary: "A sample a second, and each decision as it happens; Last-Event-ID: also those since that one",
    replies: { 200: daemonEvent },
    stream: true,
  },
  processStatus: {
    method: "GET",
    path: "/api/process/status/",
    access: "control",
    summary: "The daemon and its workers",
    replies: { 200: processStatus },
  },
  processLife: {
    method: "GET",
    path: "/api/process/life/",
    access: "control",
    summary: "What a worker has taken and answered since it began, from the journal",
    query: lifeQuery,
    replies: { 200: lifeReply },
  },
  recycle: {
    method: "POST",
    path: "/api/process/recycle/",
    access: "control",
    summary: "Replace a worker, or all of them in turn",
    query: waitQuery,
    body: recycleRequest,
    replies: { 200: recycleReply, 202: recycleReply },
  },
  modelLoad: {
    method: "POST",
    path: "/api/model/load/",
    access: "control",
    summary: "Start every stopped worker",
    query: waitQuery,
    replies: { 200: loadReply, 202: loadReply },
  },
  modelUnload: {
    method: "POST",
    path: "/api/model/unload/",
    access: "control",
    summary: "End every worker; the next text starts one again",
    query: waitQuery,
    replies: { 200: unloadReply, 202: unloadReply },
  },
  modelUse: {
    method: "PUT",
    path: "/api/model/",
    access: "control",
    summary: "Serve another model, with no failed request in between",
    body: modelUseRequest,
    replies: { 200: modelUseReply },
  },
  ...MODEL_ENDPOINTS,
  ...INBOX_ENDPOINTS,
  backups: {
    method: "GET",
    path: "/api/backup/",
    access: "control",
    summary: "The backups there are",
    replies: { 200: backupsReply },
  },
  backup: {
    method: "POST",
    path: "/api/backup/",
    access: "control",
    summary: "Back up the journal and the shared cache",
    body: backupRequest,
    replies: { 200: backupEvent },
    stream: true,
  },
  restore: {
    method: "POST",
    path: "/api/restore/",
    access: "control",
    summary: "Take the journal and the shared cache back from a backup",
    body: restoreRequest,
    replies: { 200: restoreEvent },
    stream: true,
  },
  config: {
    method: "GET",
    path: "/api/config/",
    access: "control",
    summary: "The settings in force and where each came from",
    replies: { 200: configReport },
  },
} as const satisfies Record<string, Endpoint>;

/** Served beside the calls, to everybody: the OpenAPI document, and the metrics as Prometheus text. */
export const PAGES = { openapi: "/api/openapi.json", prometheus: "/metrics" } as const;

/** Whether it lives, is to be sent calls, has started: for whoever asks, with a word for an answer. */
export const PROBES = { live: "/livez", ready: "/readyz", startup: "/startupz" } as const;

export type ProbeName = keyof typeof PROBES;

export type EndpointName = keyof typeof ENDPOINTS;

/** Those that reply with a stream of events. */
export type StreamName = {
  [N in EndpointName]: (typeof ENDPOINTS)[N] extends { stream: true } ? N : never;
}[EndpointName];

/** Those whose stream tells how far they are, and ends with them. */
export type ProgressName = Exclude<StreamName, "events">;

/** Those with parameters in their path, which our client does not call. */
type PlaceName = {
  [N in EndpointName]: (typeof ENDPOINTS)[N] extends { params: z.ZodObject } ? N : never;
}[EndpointName];

/** Those whose body is the caller's own JSON, which is not the CLI's to read. */
type KeptName = Extract<PlaceName, "cacheRead" | "cacheWrite" | "cacheRemove">;

/** Those that reply once. */
export type CallName = Exclude<EndpointName, StreamName | KeptName>;

type RepliesOf<N extends EndpointName> = (typeof ENDPOINTS)[N]["replies"];

/** The body of any reply of `N` that is not a problem; of a stream, one event. */
export type ReplyOf<N extends EndpointName> = {
  [S in keyof RepliesOf<N>]: z.infer<RepliesOf<N>[S]>;
}[keyof RepliesOf<N>];
