import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import type { CallerOrder, CallerReport, Failure } from "./caller.ts";

const PROGRAM = fileURLToPath(new URL("./caller-process.ts", import.meta.url));

/** What all callers together have met so far. */
export interface Tally {
  readonly sent: number;
  readonly sessions: number;
  readonly bytes: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly full: ReadonlyMap<string, { readonly count: number; readonly why: string }>;
  readonly failures: readonly Failure[];
  readonly failed: number;
}

/**
 * Callers in processes of their own, which give way to the daemon: elsewhere they would have other processors, and a
 * collection whose helping threads wait for one of theirs would count as the daemon's stall.
 */
export class Callers {
  readonly done: Promise<void>;
  readonly #children: ChildProcess[];
  readonly #reports: CallerReport[];

  constructor(orders: readonly CallerOrder[]) {
    this.#reports = orders.map(({ from }) => ({
      sent: 0,
      index: from,
      bytes: 0,
      refused: 0,
      statuses: new Map(),
      full: new Map(),
      failures: [],
      failed: 0,
    }));
    this.#children = orders.map(() => fork(PROGRAM, { serialization: "advanced" }));
    this.done = Promise.all(orders.map((order, at) => this.#run(order, at))).then(() => undefined);
  }

  /** The session that each caller is at, by its number. */
  get indices(): number[] {
    return this.#reports.map(({ index }) => index);
  }

  get tally(): Tally {
    const statuses = new Map<number, number>();
    const full = new Map<string, { count: number; why: string }>();
    for (const report of this.#reports) {
      for (const [status, count] of report.statuses) statuses.set(status, (statuses.get(status) ?? 0) + count);
      for (const [name, { count, why }] of report.full)
        full.set(name, { count: count + (full.get(name)?.count ?? 0), why });
    }
    const sum = (of: (report: CallerReport) => number): number => this.#reports.reduce((all, one) => all + of(one), 0);
    return {
      sent: sum(({ sent }) => sent),
      sessions: sum(({ index }) => index),
      bytes: sum(({ bytes }) => bytes),
      statuses,
      full,
      failed: sum(({ failed }) => failed),
      failures: this.#reports.flatMap(({ failures }) => failures),
    };
  }

  end(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #run(order: CallerOrder, at: number): Promise<void> {
    const child = this.#children[at]!;
    return new Promise((resolve, reject) => {
      let isDone = false;
      child.on("message", (message: { report: CallerReport; isDone: boolean }) => {
        this.#reports[at] = message.report;
        isDone = message.isDone;
      });
      child.once("exit", (code, signal) => {
        if (isDone) resolve();
        else reject(new Error(`caller ${at} ended before its work (${signal ?? code})`));
      });
      setPriority(child.pid ?? 0, constants.priority.PRIORITY_LOW);
      child.send(order);
    });
  }
}
