import type { Sample } from "../../src/lib/protocol/events.ts";
import type { ShadowReport } from "../../src/lib/protocol/shadow.ts";
import { MIB } from "../../src/lib/units.ts";

// Of a daemon with several models, and with a candidate behind one.

const SAMPLED: NonNullable<Sample["models"]>[number] = {
  name: "default",
  default: true,
  digest: "0123456789ab",
  state: "ready",
  reason: null,
  workers: 2,
  bytes: 104 * MIB,
  needs: 61 * MIB,
  needsToLoad: 74 * MIB,
  pinned: false,
  waiting: 0,
  lastUsed: "2026-01-02T03:04:05.678Z",
  unloadsInSeconds: 1799,
  calls: 8100,
  loads: 1,
  loadSeconds: 1.25,
  evictions: 0,
  p99Ms: 9.5,
};

/** As they stand in a sample where there are several. */
export const SAMPLED_MODELS: NonNullable<Sample["models"]> = [
  SAMPLED,
  {
    ...SAMPLED,
    name: "a-name-that-is-much-longer-than-any-other-one",
    default: false,
    digest: "fedcba987654",
    state: "loading",
    workers: 0,
    bytes: 0,
    reason: "it waits for room: needs 61.0 MiB; 12.0 MiB free",
    waiting: 3,
    unloadsInSeconds: null,
    p99Ms: null,
  },
  {
    ...SAMPLED,
    name: "broken",
    default: false,
    digest: null,
    state: "failed",
    reason: "model.onnx is no ONNX model",
    workers: 0,
    bytes: 0,
    needs: null,
    needsToLoad: null,
    lastUsed: null,
    unloadsInSeconds: null,
    calls: 0,
    loads: 0,
    loadSeconds: 0,
    p99Ms: null,
  },
  { ...SAMPLED, name: "mood", default: false, digest: "00112233aabb", workers: 1, pinned: true, evictions: 2 },
];

export const SHADOW: ShadowReport = {
  state: "comparing",
  reason: null,
  model: "default",
  share: 0.1,
  startedAt: "2026-01-02T03:04:05.678Z",
  startedBy: "control socket",
  endedAt: null,
  live: { digest: "0123456789ab", dir: "/srv/models/shop-intents", p50Ms: 3.2, p99Ms: 9.4, bytes: 104 * MIB },
  candidate: {
    digest: "fedcba987654",
    dir: "/srv/models/other",
    p50Ms: 2.1,
    p99Ms: 7.75,
    bytes: 61 * MIB,
    name: "other",
    file: "model.onnx",
  },
  texts: { compared: 1204, agreed: 1158, failed: 1, skipped: { busy: 12, level: 3, evicted: 2 } },
  lastFailure: "text 0: no answer within 100 s (REQUEST_TIMEOUT)",
  labels: [
    { label: "order_status", compared: 1000, agreed: 971 },
    { label: "refund", compared: 204, agreed: 187 },
  ],
  differ: [
    { live: "order_status", candidate: "refund", texts: 29, examples: ["where is my money"] },
    { live: "refund", candidate: "order_status", texts: 17, examples: [] },
  ],
  remarks: ["Labels differ: only the candidate has thanks."],
};
