/** What policy knows of a worker: numbers, as they were read at one moment. */
export interface WorkerView {
  readonly slot: number;
  /** Loaded and not on its way out: it can take a text now or when its batch is done. */
  readonly serving: boolean;
  /** Serving, and without a batch. */
  readonly idle: boolean;
  /** That it has been given and has not answered. */
  readonly batches: number;
  readonly users: number;
  readonly requests: number;
  readonly uptimeMs: number;
  /** This process's own limits, jitter drawn; 0 = off. */
  readonly maxUsers: number;
  readonly maxRequests: number;
  readonly maxUptimeMs: number;
}
