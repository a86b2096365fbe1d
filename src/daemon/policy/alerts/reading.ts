/** How things stand at one moment, as far as alerts go by it. Counters only ever rise. */
export interface AlertReading {
  /** Of a clock that never goes back, in ms. */
  readonly atMs: number;
  /** Share of the memory limit in use; null before the first reading. */
  readonly memoryUsage: number | null;
  /** What made the governor try nothing more, if anything. */
  readonly hold: "hold" | "not ours" | null;
  readonly recycles: { readonly memory: number; readonly crash: number; readonly hung: number };
  /** No worker is started any more, because too many ended before they served. */
  readonly workersHeld: boolean;
  /** Workers that should serve, and those that do. */
  readonly workersWanted: number;
  readonly workersServing: number;
  /** Classify calls, and those that failed with a status from 500 on. */
  readonly calls: number;
  readonly failedCalls: number;
  /** Free share of the file system that holds the state; null where it can't be told. */
  readonly diskFree: number | null;
}

/** The settings that alerts go by. */
export interface AlertThresholds {
  readonly memoryWarning: number;
  readonly memoryCritical: number;
  readonly memoryEmergency: number;
  readonly errorRate: number;
  readonly crashes: number;
  readonly diskFree: number;
  /** How long a worker may take to load. */
  readonly loadTimeoutMs: number;
}
