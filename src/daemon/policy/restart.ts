import { BOOT_FAULTS } from "../../lib/protocol/process.ts";
import type { BootFault } from "../../lib/protocol/process.ts";

/** One that ended before it could serve: times of one clock, in ms. */
export interface BootFailure {
  readonly fault: BootFault;
  readonly bornAtMs: number;
  readonly atMs: number;
  readonly detail: string;
}

interface Streak {
  /** Tries: workers that were started together count once. */
  readonly count: number;
  readonly lastAtMs: number;
  readonly detail: string;
}

/** Failures since the last worker that came to serve, apart by what was at fault. */
export type BootFailures = Readonly<Partial<Record<BootFault, Streak>>>;

export type RestartVerdict = { readonly act: "start" } | { readonly act: "wait"; readonly untilMs: number };

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;
const HOLD_AFTER = 5;
/** A kill says nothing but that somebody kills: the next one is started at once, unless they go on with it. */
const FREE_TRIES: Readonly<Record<BootFault, number>> = { model: 0, machine: 0, others: 5 };
const REMARKS: Readonly<Record<BootFault, string>> = {
  model: "",
  machine: "; it is the machine that refuses, not the model",
  others: "; the model is not at fault",
};

/** One more failure. What had been started before the last one failed is of the same try. */
export function withFailure(failures: BootFailures, { fault, bornAtMs, atMs, detail }: BootFailure): BootFailures {
  const before = failures[fault];
  const count = before && bornAtMs < before.lastAtMs ? before.count : (before?.count ?? 0) + 1;
  return { ...failures, [fault]: { count, lastAtMs: atMs, detail } };
}

/**
 * Whether a worker may be started now. Each failed try in a row doubles the wait, from 1 s to 60 s, and then there is
 * one a minute for ever: what was in the way may have passed, and each try costs what a load costs.
 */
export function judgeRestart(failures: BootFailures, nowMs: number): RestartVerdict {
  const untilMs = Math.max(...BOOT_FAULTS.map((fault) => untilOf(fault, failures[fault])));
  return nowMs >= untilMs ? { act: "start" } : { act: "wait", untilMs };
}

/** Why somebody should look: so many tries in a row came to nothing that the next ones may as well. */
export function reasonToHold(failures: BootFailures): string | undefined {
  const grave = BOOT_FAULTS.find((fault) => counted(fault, failures[fault]) >= HOLD_AFTER);
  if (grave === undefined) return undefined;
  const { count, detail } = failures[grave]!;
  return `${count} tries in a row brought no worker that serves, the last one: ${detail}${REMARKS[grave]}`;
}

/** The newest failure, and whose it was. */
export function lastFailureOf(failures: BootFailures): { fault: BootFault; detail: string } | undefined {
  const known = BOOT_FAULTS.flatMap((fault) => (failures[fault] ? [{ fault, ...failures[fault] }] : []));
  return known.toSorted((a, b) => b.lastAtMs - a.lastAtMs)[0];
}

function counted(fault: BootFault, streak: Streak | undefined): number {
  return Math.max(0, (streak?.count ?? 0) - FREE_TRIES[fault]);
}

function untilOf(fault: BootFault, streak: Streak | undefined): number {
  const count = counted(fault, streak);
  if (!streak || count === 0) return -Infinity;
  return streak.lastAtMs + Math.min(FIRST_DELAY_MS * 2 ** (count - 1), LONGEST_DELAY_MS);
}
