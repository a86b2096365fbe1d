import { deflateRawSync, inflateRawSync } from "node:zlib";
import { CombotError } from "../../lib/errors.ts";
import { sample as sampleSchema } from "../../lib/protocol/events.ts";
import type { Sample } from "../../lib/protocol/events.ts";
import type { LifeQuery, LifeReply, MomentQuery, MomentReply } from "../../lib/protocol/moments.ts";
import { Turns } from "../../lib/turns.ts";
import type { PackedMoment } from "../journal/events.ts";
import type { Journal } from "../journal/journal.ts";
import type { KeptMoment } from "../journal/store.ts";
import { pointOf, readable } from "./history.ts";
import { MOMENT_DICTIONARY } from "./moment-dictionary.ts";

const MINUTE_MS = 60_000;
/** Of a process' life. */
const POINTS = 120;
const VERSION = 1;
/** A sample has 4 kB; a file that somebody gave us to restore may claim more. */
const MAX_BYTES = 256 * 1024;
const DICTIONARY = Buffer.from(MOMENT_DICTIONARY);

/** A sample, in a tenth of its bytes. */
export function packMoment(sample: Sample): PackedMoment {
  return { v: VERSION, z: deflateRawSync(JSON.stringify(sample), { dictionary: DICTIONARY }).toString("base64") };
}

/** Undefined where it can't be read: a later release packed it, or wrote what this one doesn't know. */
export function unpackMoment(body: unknown): Sample | undefined {
  try {
    const { v, z } = body as Partial<PackedMoment>;
    if (v !== VERSION || typeof z !== "string") return undefined;
    const limits = { dictionary: DICTIONARY, maxOutputLength: MAX_BYTES };
    return sampleSchema.safeParse(JSON.parse(inflateRawSync(Buffer.from(z, "base64"), limits).toString())).data;
  } catch {
    return undefined;
  }
}

/**
 * One minute as the journal has it.
 *
 * @throws {CombotError} `JOURNAL_OFF`, `JOURNAL_UNAVAILABLE`
 */
export async function readMoment(
  journal: Journal | undefined,
  { at }: MomentQuery,
  nowMs: number,
): Promise<MomentReply> {
  const wantedMs = at === undefined ? nowMs - MINUTE_MS : Math.max(0, Date.parse(at));
  const atMs = Math.floor(wantedMs / MINUTE_MS) * MINUTE_MS;
  const untilMs = atMs + MINUTE_MS;
  return readable(journal, async (open) => {
    const [[row], [kept], oldestMs] = await Promise.all([
      open.history(atMs, MINUTE_MS, untilMs),
      open.moments(atMs, MINUTE_MS, untilMs),
      open.oldestMs(),
    ]);
    return {
      at: new Date(atMs).toISOString(),
      point: row ? pointOf(row) : null,
      sample: (kept && unpackMoment(kept.body)) ?? null,
      oldest: oldestMs === null ? null : new Date(oldestMs).toISOString(),
    };
  });
}

/**
 * What a process has taken since it began.
 *
 * @throws {CombotError} `INVALID_REQUEST`, `JOURNAL_OFF`, `JOURNAL_UNAVAILABLE`
 */
export async function readLife(
  journal: Journal | undefined,
  { pid, since, until }: LifeQuery,
  nowMs: number,
): Promise<LifeReply> {
  const [sinceMs, untilMs] = [Math.max(0, Date.parse(since)), until === undefined ? nowMs : Date.parse(until)];
  if (untilMs < sinceMs) throw new CombotError("INVALID_REQUEST", "until: it is before since");
  const stepMs = Math.max(1, Math.ceil((untilMs - sinceMs) / POINTS / MINUTE_MS)) * MINUTE_MS;
  const kept = await readable(journal, (open) => open.moments(sinceMs, stepMs, untilMs));
  return { stepSeconds: stepMs / 1000, points: await pointsOf(kept.slice(-POINTS), pid) };
}

/** Each takes some tenths of a millisecond to read. */
async function pointsOf(kept: readonly KeptMoment[], pid: number): Promise<LifeReply["points"]> {
  const turns = new Turns();
  const points: LifeReply["points"] = [];
  for (const { atMs, body } of kept) {
    if (turns.isOver) await turns.next();
    const worker = unpackMoment(body)?.process.workers.find((one) => one.pid === pid);
    if (!worker) continue;
    const { pssBytes, rssBytes, users, requests } = worker;
    points.push({ at: new Date(atMs).toISOString(), pssBytes, rssBytes, users, requests });
  }
  return points;
}
