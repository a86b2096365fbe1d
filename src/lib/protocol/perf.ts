import { z } from "zod";
import { machineFacts } from "./machine.ts";
import { recycleReason } from "./process.ts";

const count = z.int().min(0);
const bytes = z.int().min(0);
const ms = z.number().min(0).nullable();
const share = z.number().min(0).describe("0 to 1");
const seconds = z.number().min(0);

const latencies = z
  .object({ count, mean: ms, p50: ms, p90: ms, p99: ms, p999: ms, max: ms })
  .describe("milliseconds; null where nothing was measured");

const byClass = <T extends z.ZodType>(of: T) => z.object({ computed: of, memory: of, redis: of });

const loadPlan = z.object({
  loop: z.enum(["closed", "open"]),
  concurrency: count.describe("at a time in a closed loop"),
  ratePerSecond: z.number().nullable().describe("of an open loop"),
  arrivals: z.enum(["poisson", "even"]).nullable(),
  connections: count.nullable().describe("of an open loop, at most"),
  users: count.describe("distinct ones, by Zipf's law; 0: nobody was named"),
  texts: z.object({ source: z.string(), count, digest: z.string(), unique: z.boolean() }),
  transport: z.enum(["unix", "tcp"]),
  seed: count,
  marked: z.boolean().optional().describe("whether the daemon knew its calls for a test's, and counted none of them"),
  stages: z.string().optional().describe("rates over time: what --stages said, or which minutes of the journal"),
});

const serverTimes = z
  .object({ count, mean: ms, p50: ms, p90: ms, p99: ms })
  .describe("from the daemon's own histogram: the mean is exact, quantiles are read within its buckets");

const resourceSample = z.object({
  atSeconds: seconds,
  usedBytes: bytes,
  usage: share,
  level: z.string(),
  treePssBytes: bytes.describe("the daemon and its workers, shared pages divided"),
  treeRssBytes: bytes,
  processes: count,
  treeCpu: share.nullable().describe("of all cores"),
  machineCpu: share.nullable(),
  steal: share.nullable().describe("taken by the host"),
  pressure: z
    .object({ cpu: share.nullable(), memory: share.nullable(), io: share.nullable() })
    .describe("PSI, some: the share of this second in which a task waited"),
  waiting: count.describe("texts in the queue"),
});

const happening = z.object({
  atSeconds: seconds,
  action: z.string(),
  reason: z.string(),
  durationMs: z.number().min(0),
  slot: count.nullable(),
});

const lifecycleStep = z.object({
  step: z.enum(["cleanup", "recycle", "unload", "load"]),
  atSeconds: seconds,
  durationMs: z.number().min(0).describe("as the daemon told; of the slowest worker for recycle"),
  error: z.string().nullable(),
  idle: z.string().nullable().optional().describe("why there was nothing to do, and so nothing was measured"),
});

const targetVerdict = z.object({
  name: z.string(),
  what: z.string(),
  unit: z.enum(["ms", "bytes", "share", "perSecond"]),
  bound: z.enum(["below", "atLeast"]),
  limit: z.number(),
  measured: z.number().nullable(),
  pass: z.boolean().nullable().describe("null: not measured"),
  detail: z.string().nullable(),
});

const comparedFigure = z.object({
  name: z.string(),
  unit: z.enum(["ms", "bytes", "share", "perSecond"]),
  baseline: z.number(),
  now: z.number(),
  ratio: z.number(),
  interval: z.tuple([z.number(), z.number()]).describe("of the ratio, 95%, bootstrapped over windows"),
  verdict: z.enum(["better", "worse", "same"]),
});

/** What can keep a machine from holding a higher rate. */
export const BOUNDS = ["cpu", "queue", "memory", "redis", "generator"] as const;

const searchStep = z.object({
  run: z.int().min(1),
  ratePerSecond: z.number().min(0).describe("offered"),
  seconds: seconds.describe("measured"),
  held: z.boolean(),
  why: z.string().nullable().describe("why it was not held"),
  perSecond: z.number().min(0).describe("answered"),
  failed: count,
  p50: ms,
  p99: ms,
  hitRate: share.nullable(),
  machineCpu: share.nullable(),
  usage: share.nullable().describe("of the memory limit, the highest"),
  waiting: count.nullable().describe("texts in the queue, the most at one time"),
});

const search = z.object({
  perUserPerMinute: z.number().min(0).describe("questions that a user asks"),
  ratePerSecond: z.number().nullable().describe("the median of the runs; null where not even the lowest was held"),
  users: count.nullable().describe("who ask so often, together, at that rate"),
  found: z.array(z.number().nullable()).describe("of each run"),
  spread: share.nullable().describe("highest less lowest of the runs, of the median"),
  isAtLeast: z.boolean().describe("true: something else ended the search, and more may be held"),
  bound: z
    .object({ by: z.enum(BOUNDS), evidence: z.array(z.string()) })
    .nullable()
    .describe("what kept it from more; null where nothing did, or it can't be told"),
  steps: z.array(searchStep).describe("in the order in which they were tried"),
});

const stage = z.object({
  atSeconds: seconds,
  seconds,
  fromPerSecond: z.number().min(0),
  toPerSecond: z.number().min(0),
  answered: count,
  failed: count,
  p50: ms,
  p99: ms,
});

const window = z.object({
  atSeconds: seconds,
  answered: byClass(count),
  failed: count,
  p50: ms,
  p99: ms,
  histogram: z.string().describe("of latencies in microseconds: HdrHistogram V2, deflated, base64"),
});

/** What `combot perf-test` found: its --json, what --save writes and --baseline reads. */
export const perfReport = z.object({
  format: z.literal(1),
  at: z.iso.datetime(),
  load: loadPlan,
  warmUpSeconds: seconds,
  seconds: seconds.describe("measured"),
  machine: z.object({
    cpu: z.string(),
    cores: count,
    memoryBytes: bytes,
    kernel: z.string(),
    facts: machineFacts.optional().describe("what else is known of it; reports of 0.1.0 have none"),
  }),
  versions: z.object({ combot: z.string(), daemon: z.string().nullable(), node: z.string() }),
  model: z.object({ name: z.string(), digest: z.string() }).nullable(),
  settings: z.record(z.string(), z.string()).nullable().describe("of the daemon, those that bear on speed and memory"),
  requests: z.object({ begun: count, answered: count, failed: count, perSecond: z.number().min(0) }),
  errors: z.record(z.string(), count).describe("by code"),
  errorShare: share,
  hitRate: share.nullable().describe("answers out of the cache, of all answers; null without answers"),
  latencyMs: z.object({ all: latencies, computed: latencies, memory: latencies, redis: latencies }),
  distribution: byClass(z.array(z.tuple([z.number(), z.number(), count]))).describe("[from ms, to ms, count], rising"),
  percentiles: z.array(z.tuple([z.number(), z.number()])).describe("[share, ms] of all answers"),
  server: z
    .object({
      computedMs: latencies.describe("durationMs of the replies that were computed"),
      queueMs: serverTimes.nullable(),
      batchMs: serverTimes.nullable().describe("a worker's time on a batch"),
      batches: z
        .object({ count, meanTexts: z.number(), sizes: z.array(z.object({ upTo: z.number().nullable(), count })) })
        .nullable(),
    })
    .describe("as the daemon measured it"),
  generator: z.object({
    cpu: share.describe("of one core"),
    utilisation: share.describe("of its thread's time"),
    latenessMs: latencies.describe("of the beginning of requests behind their plan"),
    loopDelayMs: z.object({ mean: z.number(), p50: z.number(), p99: z.number(), max: z.number() }),
    connections: count,
    waitedForConnection: count,
    retried: count.describe("requests that met a connection just being closed"),
    bottleneck: z.string().nullable().describe("why the figures are the generator's rather than the server's"),
  }),
  stability: z.object({
    figure: z.enum(["perSecond", "p50"]),
    thirds: z.array(z.number()),
    spread: share.nullable(),
    stable: z.boolean().nullable().describe("all three within 10% of each other"),
  }),
  windows: z.object({ seconds, list: z.array(window) }),
  resources: z
    .object({
      peak: z.object({ usedBytes: bytes, usage: share, treePssBytes: bytes, machineCpu: share.nullable() }),
      mean: z.object({
        treePssBytes: bytes,
        treeCpu: share.nullable(),
        machineCpu: share.nullable(),
        steal: share.nullable(),
      }),
      limitBytes: bytes,
      samples: z.array(resourceSample),
    })
    .nullable()
    .describe("null where the control socket is closed to us"),
  stolen: share
    .nullable()
    .default(null)
    .describe("of the machine's CPU time while it was measured: what the host gave to others; null where not known"),
  recycles: z.object({ total: count, byReason: z.partialRecord(recycleReason, count) }).nullable(),
  happenings: z.array(happening).describe("decisions of the daemon that fell into the run"),
  lifecycle: z.array(lifecycleStep).nullable(),
  steady: z
    .object({
      ratePerSecond: z.number(),
      seconds,
      answered: count,
      failed: count,
      p50: ms,
      p99: ms,
      machineCpu: share.nullable(),
      ownCpu: share.nullable().optional().describe("of all cores: the daemon's tree and the load generator"),
    })
    .nullable()
    .describe("a stretch at the rate that CPU is judged at, after a closed loop"),
  search: search.nullable().optional().describe("of --find-max; the other figures are those of the rate that it found"),
  stages: z.array(stage).optional().describe("of --stages: what was measured in each"),
  interrupted: z
    .string()
    .nullable()
    .optional()
    .describe("why it ended before its time; the figures are of what was measured"),
  targets: z.array(targetVerdict),
  comparison: z.object({ at: z.iso.datetime(), figures: z.array(comparedFigure) }).nullable(),
  verdict: z.enum(["pass", "fail", "generator"]).describe("generator: it was the bottleneck, so nothing is said"),
});

export type PerfReport = z.infer<typeof perfReport>;
export type LoadPlan = z.infer<typeof loadPlan>;
export type PerfLatencies = z.infer<typeof latencies>;
export type ServerTimes = z.infer<typeof serverTimes>;
export type ResourceSample = z.infer<typeof resourceSample>;
export type Happening = z.infer<typeof happening>;
export type LifecycleStep = z.infer<typeof lifecycleStep>;
export type TargetVerdict = z.infer<typeof targetVerdict>;
export type ComparedFigure = z.infer<typeof comparedFigure>;
export type PerfWindow = z.infer<typeof window>;
export type PerfSearch = z.infer<typeof search>;
export type SearchStep = z.infer<typeof searchStep>;
export type PerfStage = z.infer<typeof stage>;
export type BoundName = (typeof BOUNDS)[number];
export type FigureUnit = TargetVerdict["unit"];
