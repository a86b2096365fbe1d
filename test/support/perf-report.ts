import { Latencies } from "../../src/lib/perf/load/latency.ts";
import type { PerfReport, PerfSearch, PerfWindow, ResourceSample } from "../../src/lib/protocol/perf.ts";
import { MIB } from "../../src/lib/units.ts";

// A run of twelve seconds on a t3.large, its cache warm.

const NONE = { count: 0, mean: null, p50: null, p90: null, p99: null, p999: null, max: null };

function windowAt(atSeconds: number): PerfWindow {
  const latencies = new Latencies();
  for (let answer = 0; answer < 40; answer++) latencies.record(10 + answer + (atSeconds % 3));
  const histogram = latencies.encode();
  return { atSeconds, answered: { computed: 10, memory: 20, redis: 10 }, failed: 0, p50: 30.1, p99: 51.2, histogram };
}

function sampleAt(atSeconds: number): ResourceSample {
  return {
    atSeconds,
    usedBytes: 2100 * MIB + atSeconds * MIB,
    usage: 0.27,
    level: atSeconds < 8 ? "normal" : "warning",
    treePssBytes: 310 * MIB,
    treeRssBytes: 402 * MIB,
    processes: 3,
    treeCpu: 0.41,
    machineCpu: 0.62,
    steal: 0.01,
    pressure: { cpu: 0.2, memory: 0, io: null },
    waiting: 4,
  };
}

const SECONDS = Array.from({ length: 12 }, (_, second) => second);

export const PERF_REPORT: PerfReport = {
  format: 1,
  at: "2026-01-02T03:04:05.678Z",
  load: {
    loop: "closed",
    concurrency: 50,
    ratePerSecond: null,
    arrivals: null,
    connections: null,
    users: 50,
    texts: { source: "bundled", count: 3000, digest: "61628cd4bdc8", unique: false },
    transport: "unix",
    seed: 1,
  },
  warmUpSeconds: 3,
  seconds: 12.004,
  machine: {
    cpu: "Intel(R) Xeon(R) Platinum 8259CL",
    cores: 2,
    memoryBytes: 7884 * MIB,
    kernel: "6.1.0-30-cloud-amd64 x64",
    facts: {
      distribution: "Debian GNU/Linux 12 (bookworm)",
      kernel: "6.1.0-30-cloud-amd64 x64",
      model: "Amazon EC2 t3.large",
      virtual: "amazon",
      cpu: {
        name: "Intel Xeon Platinum 8259CL",
        cores: 2,
        physicalCores: 1,
        cacheBytes: { l1d: 32 * 1024, l2: MIB, l3: 36 * MIB },
      },
      memory: { bytes: 7884 * MIB, swapBytes: 0, banks: [{ bytes: 8192 * MIB, type: "DDR4", megahertz: 2933 }] },
      disks: [{ name: "Amazon Elastic Block Store", type: "NVMe", bytes: 30 * 1024 * MIB }],
      fileSystems: [{ mount: "/", type: "ext4", bytes: 29 * 1024 * MIB, freeBytes: 21 * 1024 * MIB, writable: true }],
      docker: null,
    },
  },
  versions: { combot: "0.1.0", daemon: "0.1.0", node: "24.21.0" },
  model: { name: "intents", digest: "3f9a01c2b7de" },
  settings: { COMBOT_PROFILE: "t3.large", WORKERS: "2", REDIS_URL: "unix:///run/combot-redis/redis.sock" },
  requests: { begun: 483, answered: 480, failed: 3, perSecond: 39.987 },
  errors: { QUEUE_FULL: 2, TIMEOUT: 1 },
  errorShare: 0.006211,
  hitRate: 0.75,
  latencyMs: {
    all: { count: 480, mean: 12.4, p50: 0.812, p90: 31.2, p99: 51.2, p999: 60.1, max: 60.1 },
    computed: { count: 120, mean: 34.1, p50: 30.1, p90: 48.7, p99: 59.9, p999: 60.1, max: 60.1 },
    memory: { count: 240, mean: 0.42, p50: 0.398, p90: 0.61, p99: 1.2, p999: 2.01, max: 2.01 },
    redis: { count: 120, mean: 1.41, p50: 1.38, p90: 2.2, p99: 4.1, p999: 4.8, max: 4.8 },
  },
  distribution: {
    computed: [
      [26.1, 31.62, 70],
      [31.62, 38.31, 0],
      [38.31, 46.42, 40],
      [46.42, 56.23, 10],
    ],
    memory: [
      [0.3162, 0.3831, 100],
      [0.3831, 0.4642, 140],
    ],
    redis: [[1.212, 1.468, 120]],
  },
  percentiles: [
    [0, 0.31],
    [0.5, 0.812],
    [0.9, 31.2],
    [0.99, 51.2],
    [1, 60.1],
  ],
  server: {
    computedMs: { count: 120, mean: 30.2, p50: 28.8, p90: 41.9, p99: 55.1, p999: 57.2, max: 57.2 },
    queueMs: { count: 120, mean: 14.2, p50: 12.1, p90: 24.6, p99: 48.2 },
    batchMs: { count: 31, mean: 15.3, p50: 14.1, p90: 23.2, p99: 24.8 },
    batches: {
      count: 31,
      meanTexts: 3.87,
      sizes: [
        { upTo: 1, count: 4 },
        { upTo: 4, count: 20 },
        { upTo: 8, count: 7 },
        { upTo: null, count: 0 },
      ],
    },
  },
  generator: {
    cpu: 0.031,
    utilisation: 0.029,
    latenessMs: { count: 483, mean: 0.02, p50: 0.01, p90: 0.04, p99: 0.31, p999: 0.9, max: 0.9 },
    loopDelayMs: { mean: 0.11, p50: 0.08, p99: 0.61, max: 2.4 },
    connections: 50,
    waitedForConnection: 0,
    retried: 0,
    bottleneck: null,
  },
  stability: { figure: "perSecond", thirds: [40.1, 39.2, 40.6], spread: 0.035, stable: true },
  windows: { seconds: 1, list: SECONDS.map(windowAt) },
  resources: {
    peak: { usedBytes: 2111 * MIB, usage: 0.27, treePssBytes: 310 * MIB, machineCpu: 0.62 },
    mean: { treePssBytes: 310 * MIB, treeCpu: 0.41, machineCpu: 0.62, steal: 0.01 },
    limitBytes: 7884 * MIB,
    samples: SECONDS.map(sampleAt),
  },
  stolen: 0.01,
  recycles: { total: 2, byReason: { users: 1, manual: 1 } },
  happenings: [
    { atSeconds: 4.2, action: "recycle", reason: "users", durationMs: 412, slot: 1 },
    { atSeconds: 8.1, action: "level", reason: "warning", durationMs: 0, slot: null },
  ],
  lifecycle: [
    { step: "cleanup", atSeconds: 2.4, durationMs: 812, error: null },
    { step: "recycle", atSeconds: 4.8, durationMs: 431, error: null },
    { step: "unload", atSeconds: 7.2, durationMs: 61, error: null },
    { step: "load", atSeconds: 7.3, durationMs: 402, error: null },
  ],
  steady: { ratePerSecond: 20, seconds: 4, answered: 81, failed: 0, p50: 8.21, p99: 19.4, machineCpu: 0.18 },
  targets: [
    {
      name: "p99",
      what: "latency p99",
      unit: "ms",
      bound: "below",
      limit: 2000,
      measured: 51.2,
      pass: true,
      detail: null,
    },
    {
      name: "hit-rate",
      what: "cache hit rate",
      unit: "share",
      bound: "atLeast",
      limit: 0.8,
      measured: 0.75,
      pass: false,
      detail: null,
    },
    {
      name: "cpu",
      what: "CPU of the machine",
      unit: "share",
      bound: "below",
      limit: 0.8,
      measured: 0.18,
      pass: true,
      detail: "at 20 requests a second",
    },
    {
      name: "unload",
      what: "unloading the model",
      unit: "ms",
      bound: "below",
      limit: 100,
      measured: null,
      pass: null,
      detail: "not done in this run: --lifecycle",
    },
  ],
  comparison: {
    at: "2026-01-01T03:04:05.678Z",
    figures: [
      {
        name: "requests/s",
        unit: "perSecond",
        baseline: 44.2,
        now: 39.987,
        ratio: 0.905,
        interval: [0.88, 0.93],
        verdict: "worse",
      },
      { name: "p50", unit: "ms", baseline: 0.8, now: 0.812, ratio: 1.015, interval: [0.97, 1.06], verdict: "same" },
    ],
  },
  verdict: "fail",
};

/** The same where the control socket was closed, nothing was answered and no target was set. */
export const BLIND_REPORT: PerfReport = {
  ...PERF_REPORT,
  settings: null,
  requests: { begun: 12, answered: 0, failed: 12, perSecond: 0 },
  errors: { ECONNREFUSED: 12 },
  errorShare: 1,
  hitRate: null,
  latencyMs: { all: NONE, computed: NONE, memory: NONE, redis: NONE },
  distribution: { computed: [], memory: [], redis: [] },
  percentiles: [],
  server: { computedMs: NONE, queueMs: null, batchMs: null, batches: null },
  stability: { figure: "perSecond", thirds: [], spread: null, stable: null },
  windows: { seconds: 1, list: [] },
  resources: null,
  recycles: null,
  happenings: [],
  lifecycle: null,
  steady: null,
  targets: [],
  comparison: null,
  verdict: "pass",
};

export const SEARCH: PerfSearch = {
  perUserPerMinute: 2,
  ratePerSecond: 91.1,
  users: 2733,
  found: [91.1, 93, 90],
  spread: 0.033,
  isAtLeast: false,
  bound: { by: "cpu", evidence: ["97% of the machine's CPU was used"] },
  steps: [
    {
      run: 1,
      ratePerSecond: 160,
      seconds: 2.5,
      held: false,
      why: 'saturated: 400 requests, "all" of them',
      perSecond: 94,
      failed: 3,
      p50: 900,
      p99: 2200,
      hitRate: 0,
      machineCpu: 0.97,
      usage: null,
      waiting: 380,
    },
    {
      run: 1,
      ratePerSecond: 91.1,
      seconds: 9,
      held: true,
      why: null,
      perSecond: 91,
      failed: 0,
      p50: 20,
      p99: 180,
      hitRate: 0,
      machineCpu: 0.81,
      usage: 0.3,
      waiting: 4,
    },
  ],
};

/** Of --find-max, ended by hand. */
export const SEARCHED_REPORT: PerfReport = { ...PERF_REPORT, search: SEARCH, interrupted: "interrupted" };

/** Of --stages. */
export const STAGED_REPORT: PerfReport = {
  ...PERF_REPORT,
  load: {
    ...PERF_REPORT.load,
    loop: "open",
    arrivals: "poisson",
    connections: 2000,
    ratePerSecond: null,
    stages: "6s:10,6s:0",
  },
  stages: [
    { atSeconds: 0, seconds: 6, fromPerSecond: 0, toPerSecond: 10, answered: 30, failed: 0, p50: 12, p99: 40 },
    { atSeconds: 6, seconds: 6, fromPerSecond: 10, toPerSecond: 0, answered: 29, failed: 1, p50: 11, p99: null },
  ],
};
