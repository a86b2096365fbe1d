/** How things stand at one moment, as far as alerts go by it. Counters only ever rise. */
export interface AlertReading {
  /** Of a clock that never goes back, in ms. */
  readonly atMs: number;
  /** Share of the memory limit in use; null before the first reading, and where none can be had. */
  readonly memoryUsage: number | null;
  /** Memory can't be measured, so that nothing is done about it. */
  readonly memoryUnmeasured: boolean;
  /** What made the governor try nothing more, if anything. */
  readonly hold: "hold" | "not ours" | null;
  readonly recycles: { readonly memory: number; readonly crash: number; readonly hung: number };
  /** Workers are missing, and many tries in a row brought none that serves, or none fits. */
  readonly workersHeld: boolean;
  /** Workers that should serve, and those that do. */
  readonly workersWanted: number;
  readonly workersServing: number;
  /** Classify calls, and those that failed with a status from 500 on. */
  readonly calls: number;
  readonly failedCalls: number;
  /** Texts looked for in the cache, and those that it answered. */
  readonly lookups: number;
  readonly hits: number;
  /** Lookups that found a key, be its entry too old, and those that found it too old. */
  readonly keysFound: number;
  readonly keysExpired: number;
  /** Null where Redis is off. */
  readonly redisUp: boolean | null;
  /** Share of its maxmemory that Redis uses; null where it can't be told or has no limit. */
  readonly redisMemory: number | null;
  readonly redisEvicted: number | null;
  /** Whether the journal can be written; null where there is none. */
  readonly journalUp: boolean | null;
  /** Events that the journal gave up. */
  readonly journalDropped: number;
  /** Workers load the plain model file, because its prepared weights can't be had. */
  readonly weightsUnshared: boolean;
  /** The folder of the model holds something else than what was loaded from it, or nothing. */
  readonly modelChanged: boolean;
  /** Models beside the default one that can't be opened, or whose workers do not come to serve, try after try. */
  readonly modelsFailed: number;
  /** By model: how long it has been loading, all told, after it had made room for another one; ms. */
  readonly reloadMs: Readonly<Record<string, number>>;
  /** How far the share of answers not accepted has left its baseline, in its own noise; null: too little to tell. */
  readonly unsureDeviation: number | null;
  /** Free share of the file system that holds the state; null where it can't be told. */
  readonly diskFree: number | null;
  /** Share of the last minute's CPU time that the hypervisor gave to others; null where the kernel does not tell. */
  readonly cpuStolen: number | null;
}

/** The settings that alerts go by. */
export interface AlertThresholds {
  readonly memoryWarning: number;
  readonly memoryCritical: number;
  readonly memoryEmergency: number;
  readonly errorRate: number;
  readonly crashes: number;
  readonly drift: number;
  /** How far back crashes, recycles and losses are counted. */
  readonly windowMs: number;
  readonly diskFree: number;
  readonly hitRate: number;
  readonly expired: number;
  readonly redisMemory: number;
  /** How long trouble must last that often passes by itself. */
  readonly afterMs: number;
  /** How far back the cache is judged, and how long it must have been bad. */
  readonly cacheWindowMs: number;
  /** How long a worker may take to load. */
  readonly loadTimeoutMs: number;
}
