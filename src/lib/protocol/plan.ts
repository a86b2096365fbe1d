// What passes between combot plan and the program that measures and simulates for it. Of one version: no schema.

/** What settings say of serving, by the names of `Settings`. */
export interface PlanPolicy {
  readonly workers: number;
  readonly maxUsersPerProcess: number;
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  readonly recycleIntervalMs: number;
  readonly requestTimeoutMs: number;
  readonly queueMaxTexts: number;
  readonly preload: boolean;
  readonly modelIdleUnloadMs: number;
  readonly memory: {
    readonly warning: number;
    readonly high: number;
    readonly critical: number;
    readonly emergency: number;
  };
  readonly memoryLimitBytes: number | null;
  readonly cacheTtlMs: number;
  readonly maxCacheEntries: number;
  readonly isRedisOn: boolean;
}

export interface PlanMachine {
  readonly name: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Share of a core that may be used for as long as one likes; null: all of it. */
  readonly baseline: number | null;
  /** Where its credits are used up it goes on, for money. */
  readonly unlimited: boolean;
  /** Against this one. */
  readonly speed: number;
  /** What all that is not combot takes. */
  readonly besideBytes: number;
  /** CPU that each request costs beside combot, in ms. */
  readonly besideMs: number;
}

export interface PlanTraffic {
  /** Requests a second, minute by minute, over and over. */
  readonly minutes: readonly number[];
  readonly users: number;
  /** Every text unlike any before. */
  readonly unique: boolean;
}

export interface PlanTargets {
  readonly p99Ms: number;
  /** Share of the requests that may fail. */
  readonly failed: number;
}

/** A machine with its settings. */
export interface PlanVariant {
  readonly name: string;
  readonly machine: PlanMachine;
  readonly policy: PlanPolicy;
}

export interface PlanRequest {
  readonly dir: string;
  /** One text a line, the commonest first; null: those that come with combot. */
  readonly textsFile: string | null;
  readonly variants: readonly PlanVariant[];
  readonly traffic: PlanTraffic;
  readonly perUserPerSecond: number;
  readonly hours: number;
  readonly targets: PlanTargets;
  readonly seed: number;
}

/** Times of one number of threads. */
export interface MeasuredThreads {
  readonly threads: number;
  /** Medians, from the order to the answer. */
  readonly grid: readonly MeasuredBatch[];
  /** What single batches took against their median, all of them. */
  readonly noise: readonly number[];
  /** How much longer a batch takes with so many running, itself counted. */
  readonly crowding: readonly { readonly running: number; readonly factor: number }[];
}

export interface MeasuredBatch {
  readonly texts: number;
  /** Of each. */
  readonly tokens: number;
  readonly ms: number;
}

/** What a model takes, on this machine. */
export interface MeasuredModel {
  readonly name: string;
  readonly dir: string;
  readonly digest: string;
  readonly labels: number;
  readonly windowTokens: number;
  readonly batching: "padded" | "equal" | "single";
  readonly bytes: number;
  /** From the start of a worker's process to its first answer. */
  readonly loadMs: number;
  readonly byThreads: readonly MeasuredThreads[];
  readonly memory: {
    /** Pages that no file backs: of one worker that has loaded, and of one that has run its largest batch. */
    readonly loadedBytes: number;
    readonly servingBytes: number;
    /** Of all workers together, beside the program: weights and libraries that they map. */
    readonly sharedBytes: number;
    /** Of daemon and workers together: the pages of the program that all of them map. */
    readonly programBytes: number;
  };
  /** Tokens of each text. */
  readonly tokens: readonly number[];
  /** Share of the cores that others took meanwhile. */
  readonly othersCpu: number;
}

export const FAILURES = ["queue full", "deadline", "emergency", "no worker"] as const;
export type PlanFailure = (typeof FAILURES)[number];

/** What took place in one stretch of time. */
export interface PlanSpan {
  readonly atHours: number;
  readonly hours: number;
  readonly requests: number;
  readonly answered: number;
  readonly failures: Readonly<Record<PlanFailure, number>>;
  readonly perSecond: number;
  /** Of the texts, what a cache answered; coalesced ones are neither. Null where none was asked. */
  readonly hitRate: number | null;
  readonly meanMs: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly computedP50Ms: number | null;
  readonly computedP99Ms: number | null;
  /** Texts in a batch. */
  readonly meanBatch: number | null;
  /** Of all processes of combot; pages that no file backs alone, and with those that are mapped. */
  readonly meanAnonymousBytes: number;
  readonly meanPssBytes: number;
  readonly peakPssBytes: number;
  /** Highest share of the limit. */
  readonly peakUsage: number;
  /** Of all cores. */
  readonly cpu: number;
  /** Of the daemon's one thread; above 1 it does not keep up. */
  readonly thread: number;
  /** Minutes of a core at its end; null for a machine without credits. */
  readonly credits: number | null;
  readonly recycles: number;
  readonly unloads: number;
  readonly loads: number;
}

export interface PlanOutcome {
  readonly total: PlanSpan;
  readonly spans: readonly PlanSpan[];
  /** Of the daemon's decisions, by `action: reason`. */
  readonly decisions: Readonly<Record<string, number>>;
  /** Minutes of a core that are paid for beside the machine. */
  readonly surplusCredits: number;
  readonly tookMs: number;
}

export type PlanBound = "CPU" | "daemon" | "workers" | "memory" | "queue" | "recycling";

export interface PlanCapacity {
  /** The most at which the targets hold; 0 where not even few do. */
  readonly users: number;
  readonly perSecond: number;
  /** What keeps more from being held, and how that was seen; null where the search ended before. */
  readonly bound: PlanBound | null;
  readonly evidence: string;
}

export interface PlanVariantReport extends PlanVariant {
  /** Of the busiest hour. */
  readonly hour: PlanOutcome;
  readonly capacity: PlanCapacity;
}

export interface PlanReport {
  readonly format: 1;
  readonly at: string;
  readonly model: MeasuredModel;
  readonly traffic: PlanTraffic;
  readonly perUserPerSecond: number;
  readonly targets: PlanTargets;
  readonly seed: number;
  /** The first of the variants through the whole day. */
  readonly day: PlanOutcome;
  readonly variants: readonly PlanVariantReport[];
  /** What was taken for granted. */
  readonly assumptions: readonly string[];
  readonly failures: readonly string[];
  readonly verdict: "holds" | "fails";
}
