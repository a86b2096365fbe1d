import type { Creditor } from "../policy/credit.ts";
import type { WorkerView } from "../policy/worker-view.ts";
import type { Text } from "./waiting-line.ts";

export type Limits = Pick<WorkerView, "maxUsers" | "maxRequests" | "maxUptimeMs">;

/** A worker process as far as policy sees one: counts and times, and no process. Asked of each text: it is its own view. */
export class Worker implements WorkerView {
  readonly slot: number;
  readonly pid: number;
  readonly bornAtMs: number;
  readonly ready = Promise.withResolvers<void>();
  readonly ended = Promise.withResolvers<void>();
  state: "starting" | "ready" | "draining" | "gone" = "starting";
  readyAtMs = 0;
  quietSinceMs = 0;
  requests = 0;
  /** Batches that it was given and has not answered; it runs the first. */
  readonly given: Text[][] = [];
  readonly #users = new Set<number>();
  readonly #limits: Limits;
  readonly #now: () => number;

  constructor(slot: number, pid: number, limits: Limits, now: () => number) {
    this.slot = slot;
    this.pid = pid;
    this.#limits = limits;
    this.#now = now;
    this.bornAtMs = now();
    // Who waits for it is told; nobody need.
    this.ready.promise.catch(() => undefined);
  }

  get serving(): boolean {
    return this.state === "ready";
  }

  get batches(): number {
    return this.given.length;
  }

  get idle(): boolean {
    return this.serving && this.given.length === 0;
  }

  get users(): number {
    return this.#users.size;
  }

  get uptimeMs(): number {
    return this.#now() - this.bornAtMs;
  }

  get maxUsers(): number {
    return this.#limits.maxUsers;
  }

  get maxRequests(): number {
    return this.#limits.maxRequests;
  }

  get maxUptimeMs(): number {
    return this.#limits.maxUptimeMs;
  }

  get birthMs(): number {
    return this.readyAtMs === 0 ? 0 : this.readyAtMs - this.bornAtMs;
  }

  get quietMs(): number {
    return this.readyAtMs > 0 && this.given.length === 0 ? this.#now() - this.quietSinceMs : 0;
  }

  countUser(user: number): void {
    this.#users.add(user);
  }

  creditorFor(user: number): Creditor {
    const { slot, serving, users, maxUsers } = this;
    return { slot, serving, users, maxUsers, knows: this.#users.has(user) };
  }

  /** As it is now. */
  view(): WorkerView {
    const { slot, serving, idle, batches, users, requests, uptimeMs, maxUsers, maxRequests, maxUptimeMs } = this;
    return { slot, serving, idle, batches, users, requests, uptimeMs, maxUsers, maxRequests, maxUptimeMs };
  }
}

/** A place for one worker, and for a second one that is to take over. */
export class Slot {
  readonly index: number;
  wanted = false;
  current: Worker | undefined;
  incoming: Worker | undefined;
  readonly workers = new Set<Worker>();

  constructor(index: number) {
    this.index = index;
  }

  promote(): void {
    this.current = this.incoming;
    this.incoming = undefined;
  }

  remove(worker: Worker): void {
    this.workers.delete(worker);
    if (this.incoming === worker) this.incoming = undefined;
    if (this.current === worker) this.promote();
  }
}
