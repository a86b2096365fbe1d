import type { AlertsReply } from "../../lib/protocol/alerts.ts";
import type {
  BackupEvent,
  BackupRequest,
  BackupsReply,
  RestoreEvent,
  RestoreRequest,
} from "../../lib/protocol/backup.ts";
import type {
  CacheStats,
  CacheValueKept,
  CacheValuePlace,
  CacheValueRemoved,
  RedisStatus,
} from "../../lib/protocol/cache.ts";
import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { AskedRequest, ClassifyReply, SeveralReply } from "../../lib/protocol/classify.ts";
import type { CleanupReply, CleanupRequest } from "../../lib/protocol/cleanup.ts";
import type { CompatProtocol } from "../../lib/compat-protocols.ts";
import type { ConfigReport } from "../../lib/protocol/config.ts";
import type { CameBy, DecisionsQuery, DecisionsReply } from "../../lib/protocol/decisions.ts";
import type { Health } from "../../lib/protocol/health.ts";
import type { ProbeName } from "../../lib/protocol/endpoints.ts";
import type { HistoryQuery, HistoryReply } from "../../lib/protocol/history.ts";
import type {
  InboxForgetReply,
  InboxForgetRequest,
  InboxLabelReply,
  InboxLabelRequest,
  InboxQuery,
  InboxReply,
} from "../../lib/protocol/inbox.ts";
import type { TestMark } from "../../lib/protocol/load-test.ts";
import type { MemoryReport } from "../../lib/protocol/memory.ts";
import type { MetricsReport } from "../../lib/protocol/metrics.ts";
import type { LoadReply, ModelUseReply, ModelUseRequest, UnloadReply } from "../../lib/protocol/model.ts";
import type { ModelRow, ModelsReply, RescanReply } from "../../lib/protocol/models.ts";
import type { LifeQuery, LifeReply, MomentQuery, MomentReply } from "../../lib/protocol/moments.ts";
import type { ProcessStatus, RecycleReply } from "../../lib/protocol/process.ts";
import type { ShadowReply, ShadowRequest } from "../../lib/protocol/shadow.ts";
import type { CallRecorder } from "../../lib/protocol/traced-call.ts";
import type { TextsQuery, TextsReply } from "../../lib/protocol/texts.ts";
import type { WarmEvent, WarmRequest } from "../../lib/protocol/warm.ts";

/** The connection of one who listens to the events. */
export interface EventListener {
  /** Bytes that wait in this process because the listener does not read. */
  readonly behindBytes: number;
  send(chunk: Buffer): void;
  /** In order: what was sent goes out first, within a moment. */
  end(): void;
  /** At once. */
  cut(): void;
  /** Calls back once, when the connection has gone for whatever reason. */
  onGone(callback: () => void): void;
}

/** What a caller who names a model may know of it. */
export interface NamedModel {
  readonly name: string;
  readonly digest: string;
  readonly labels: readonly string[];
  readonly activation: "softmax" | "sigmoid" | "none";
  readonly isRegression: boolean;
  readonly windowTokens: number;
  readonly takesPairs: boolean;
  readonly isReady: boolean;
  /** What a call names it by; undefined: a call without a name is for it. */
  readonly asks: string | undefined;
}

/** The models by their names, the default one among them. */
export interface NamedModels {
  listModels(): Promise<ModelsReply>;
  rescanModels(by: CameBy): Promise<RescanReply>;
  /** @param wait resolve when it is done rather than when it is started. */
  loadModel(name: string, wait: boolean, by: CameBy): Promise<LoadReply>;
  unloadModel(name: string, wait: boolean, by: CameBy): Promise<UnloadReply>;
  pinModel(name: string, pinned: boolean, by: CameBy): Promise<ModelRow>;
  putModel(name: string, dir: string, by: CameBy): Promise<ModelRow>;
  removeModel(name: string, by: CameBy): Promise<ModelsReply>;
}

/** The candidate behind live traffic. */
export interface ShadowServices {
  shadow(): Promise<ShadowReply>;
  startShadow(request: ShadowRequest, wait: boolean, by: CameBy): Promise<ShadowReply>;
  stopShadow(by: CameBy): Promise<ShadowReply>;
}

/** What the HTTP layer asks of the daemon. Failures a caller can act on are CombotErrors; anything else is a defect. */
export interface Services extends NamedModels, ShadowServices {
  /**
   * A call without `models`.
   *
   * @param hangUp makes a signal that is aborted when the client has gone.
   * @param timing is written by the time the reply is there.
   */
  classify(request: AskedRequest, hangUp: () => AbortSignal, timing?: CallTiming): Promise<ClassifyReply>;
  /** A call with `models`. */
  classifySeveral(request: AskedRequest, hangUp: () => AbortSignal, timing?: CallTiming): Promise<SeveralReply>;
  testMark(): TestMark;
  /** Whether it is the mark that this daemon gives out. */
  isTestMark(mark: string): boolean;
  /** Those asked most, first. */
  frequentTexts(query: TextsQuery): Promise<TextsReply>;
  /** The model of this name, or the default one; undefined where there is none. */
  named(name?: string): NamedModel | undefined;
  /** A call in another server's protocol was answered with this status. */
  compatAnswered(protocol: CompatProtocol, status: number): void;
  /** Takes the calls whose caller records their trace; undefined where nobody wants them. */
  readonly recorder?: CallRecorder;
  /** A call with a named token was answered with this status, or was one too many. */
  tokenAnswered(token: string, status: number | "limited"): void;
  /** A word, and whether it is a good one. */
  probe(name: ProbeName): { readonly isFine: boolean; readonly word: string };
  health(): Promise<Health>;
  memory(): Promise<MemoryReport>;
  cleanup(request: CleanupRequest, by: CameBy): Promise<CleanupReply>;
  alerts(): Promise<AlertsReply>;
  decisions(query: DecisionsQuery): Promise<DecisionsReply>;
  /** @param lastEventId of the last event the listener has had. What it throws is thrown before anything is sent. */
  events(listener: EventListener, lastEventId: string | undefined): void;
  cacheStats(): Promise<CacheStats>;
  redisStatus(): Promise<RedisStatus>;
  /** @param hangUp aborted when the client has gone. What it throws is thrown before anything is sent. */
  warm(request: WarmRequest, hangUp: AbortSignal): Promise<AsyncIterable<WarmEvent>>;
  /** @returns JSON, as it was written: bytes that somebody else wrote may be no UTF-8. */
  readValue(place: CacheValuePlace): Promise<string | Buffer>;
  keepValue(place: CacheValuePlace, json: string): Promise<CacheValueKept>;
  removeValue(place: CacheValuePlace): Promise<CacheValueRemoved>;
  metrics(): Promise<MetricsReport>;
  moment(query: MomentQuery): Promise<MomentReply>;
  processLife(query: LifeQuery): Promise<LifeReply>;
  history(query: HistoryQuery): Promise<HistoryReply>;
  /** The same and more as Prometheus text; the same bytes to all who ask at about the same time. */
  prometheus(): Promise<{ contentType: string; body: Buffer }>;
  processStatus(): Promise<ProcessStatus>;
  /** @param wait resolve when it is done rather than when it is started. */
  recycle(slot: number | undefined, wait: boolean, by: CameBy): Promise<RecycleReply>;
  load(wait: boolean, by: CameBy): Promise<LoadReply>;
  unload(wait: boolean, by: CameBy): Promise<UnloadReply>;
  /** Serves another model; resolves when the old one is gone. */
  use(request: ModelUseRequest, by: CameBy): Promise<ModelUseReply>;
  inbox(query: InboxQuery): Promise<InboxReply>;
  labelInbox(request: InboxLabelRequest): Promise<InboxLabelReply>;
  forgetInbox(request: InboxForgetRequest): Promise<InboxForgetReply>;
  backups(): Promise<BackupsReply>;
  /** What it throws is thrown before anything is sent; a failure afterwards is the last event. */
  backup(request: BackupRequest): AsyncIterable<BackupEvent>;
  restore(request: RestoreRequest): AsyncIterable<RestoreEvent>;
  config(): Promise<ConfigReport>;
}
