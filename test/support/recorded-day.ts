import { decisionEvent, minuteEvent, momentEvent } from "../../src/daemon/journal/events.ts";
import type { JournalEvent } from "../../src/daemon/journal/events.ts";
import type { Store } from "../../src/daemon/journal/store.ts";
import { batchOf } from "../../src/daemon/journal/buffer.ts";
import { packMoment } from "../../src/daemon/reports/moments.ts";
import type { Decision } from "../../src/lib/protocol/decisions.ts";
import type { Sample } from "../../src/lib/protocol/events.ts";
import { MEMORY_LEVELS } from "../../src/lib/protocol/memory-levels.ts";
import { MIB } from "../../src/lib/units.ts";
import { SAMPLE, WORKER } from "./sample-replies.ts";

const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1440;
/** Minutes of the day at which something happens. */
export const EMERGENCY = { from: 600, until: 606 } as const;
export const SWAP = 840;
export const RECYCLE = 1080;

export interface RecordedDay {
  readonly startMs: number;
  readonly atMs: (minute: number) => number;
  readonly sample: (minute: number) => Sample;
}

/** A day as a daemon records it: an emergency in the morning, another model after noon, a recycle in the evening. */
export function recordedDay(startMs: number): RecordedDay & { readonly events: () => JournalEvent[] } {
  const atMs = (minute: number): number => startMs + minute * MINUTE_MS;
  const sample = (minute: number): Sample => sampleAt(minute, atMs(minute) + MINUTE_MS);
  const events = (): JournalEvent[] => [
    ...Array.from({ length: DAY_MINUTES }, (_, minute) => minute).flatMap((minute) => {
      const id = `day-${String(minute).padStart(6, "0")}`;
      return [
        minuteEvent({ id, at_ms: atMs(minute), ...countsAt(minute) }),
        momentEvent(id, atMs(minute), packMoment(sample(minute))),
      ];
    }),
    ...decisions(atMs).map(decisionEvent),
  ];
  return { startMs, atMs, sample, events };
}

/** In pieces, as a journal writes them. */
export async function writeDay(store: Pick<Store, "write">, events: readonly JournalEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += 500)
    await store.write(batchOf(events.slice(from, from + 500)), `day-${from}`);
}

function isEmergency(minute: number): boolean {
  return minute >= EMERGENCY.from && minute < EMERGENCY.until;
}

/** Rises towards noon, and beyond every bound in the emergency. */
function usageAt(minute: number): number {
  if (isEmergency(minute)) return 0.96;
  return Math.round((0.55 + 0.12 * Math.sin((minute / DAY_MINUTES) * Math.PI) + (minute % 7) / 200) * 1000) / 1000;
}

function countsAt(minute: number): Record<string, number | null> {
  const texts = 600 + ((minute * 37) % 900);
  const hits = isEmergency(minute) ? 40 : Math.round(texts * (0.5 + (minute % 11) / 30));
  return {
    span_ms: MINUTE_MS,
    requests: texts,
    texts,
    errors: isEmergency(minute) ? 60 : 0,
    hits,
    misses: texts - hits,
    recycles: minute === RECYCLE ? 1 : 0,
    users: 20 + (minute % 30),
    usage: usageAt(minute),
    level: isEmergency(minute) ? MEMORY_LEVELS.indexOf("emergency") : 0,
    memory_p50: 0.1,
    memory_p99: 0.9,
    computed_p50: isEmergency(minute) ? null : 4 + (minute % 5),
    computed_p99: isEmergency(minute) ? null : 12 + (minute % 17),
  };
}

function sampleAt(minute: number, endMs: number): Sample {
  const isAway = isEmergency(minute);
  const model =
    minute < SWAP ? SAMPLE.memory.model : { ...SAMPLE.memory.model, name: "bank-intents", digest: "5ad0c0ffee12" };
  const lives = minute < SWAP ? 0 : 2;
  const workers = [0, 1].map((slot) => {
    const began =
      slot === 0 && minute >= RECYCLE
        ? RECYCLE
        : minute >= SWAP
          ? SWAP
          : minute >= EMERGENCY.until
            ? EMERGENCY.until
            : 0;
    const pid = 20_000 + began * 2 + slot;
    const living = {
      ...WORKER,
      slot,
      pid,
      generation: 1 + lives + (slot === 0 && minute >= RECYCLE ? 1 : 0),
      users: Math.min(50, Math.floor((minute - began) / 5)),
      requests: (minute - began) * 4,
      uptimeSeconds: (minute - began + 1) * 60,
      pssBytes: (180 + Math.min(140, (minute - began) / 2)) * MIB,
      rssBytes: (260 + Math.min(140, (minute - began) / 2)) * MIB,
    };
    return isAway
      ? {
          ...living,
          pid: null,
          state: "stopped" as const,
          users: 0,
          requests: 0,
          uptimeSeconds: 0,
          pssBytes: null,
          rssBytes: null,
          batches: null,
          limits: null,
          next: null,
        }
      : living;
  });
  const usage = usageAt(minute);
  return {
    ...SAMPLE,
    at: new Date(endMs).toISOString(),
    health: { ...SAMPLE.health, status: isAway ? "unhealthy" : "ok", uptimeSeconds: 86_400 + minute * 60 },
    memory: {
      ...SAMPLE.memory,
      level: isAway ? "emergency" : "normal",
      usage,
      usedBytes: Math.round(usage * SAMPLE.memory.limitBytes),
      model: isAway ? { ...model, loaded: false, bytes: 0 } : model,
    },
    process: { ...SAMPLE.process, workers },
    alerts: [],
  };
}

function decisions(atMs: (minute: number) => number): readonly Decision[] {
  const base = { measured: null, threshold: null, freedBytes: null, durationMs: 0 } as const;
  const told: readonly (readonly [number, Partial<Decision> & Pick<Decision, "action" | "reason">])[] = [
    [EMERGENCY.from, { action: "level", reason: "emergency", measured: 0.96, threshold: 0.95 }],
    [
      EMERGENCY.from,
      {
        action: "unload all",
        reason: "emergency",
        measured: 0.96,
        threshold: 0.95,
        freedBytes: 412 * MIB,
        durationMs: 840,
      },
    ],
    [EMERGENCY.until, { action: "restore", reason: "normal", measured: 0.61, threshold: 0.85, durationMs: 310 }],
    [
      RECYCLE,
      {
        action: "recycle",
        reason: "users",
        measured: 50,
        threshold: 50,
        slot: 0,
        freedBytes: 96 * MIB,
        durationMs: 290,
      },
    ],
  ];
  return told.map(([minute, more], index) => ({
    // As the daemon makes them: they sort behind those of an earlier run.
    id: `${atMs(0).toString(36).padStart(9, "0")}-${String(index).padStart(6, "0")}`,
    at: new Date(atMs(minute) + 20_000 + index * 10).toISOString(),
    ...base,
    ...more,
  }));
}
