import { CombotError, messageOf } from "../../../../src/lib/errors.ts";
import type { RecycleReason } from "../../../../src/lib/protocol/process.ts";
import type { GovernedWorker, Workers } from "../../../../src/daemon/governor/ports.ts";

export interface RecordingWorkersOptions {
  readonly size: number;
  /** Told of every order, as a line of text. */
  readonly onOrder: (order: string) => void;
  /** The governor's, which the pool asks before it starts a worker. */
  readonly refusal: (workers: number) => string | undefined;
}

interface Place {
  worker: GovernedWorker | undefined;
  /** Started again as soon as it may be. */
  wanted: boolean;
  /** Processes it has had. */
  births: number;
}

/** The pool's side of the port, without processes: it obeys at once, in the order in which the pool would. */
export class RecordingWorkers implements Workers {
  readonly #options: RecordingWorkersOptions;
  readonly #places: Place[];
  /** What a recycling takes; to be replaced by one that a test resolves, or rejects. */
  birth: () => Promise<void> = async () => undefined;
  birthMs = 200;
  /** The fewest that served at any moment. */
  fewest: number;

  constructor(options: RecordingWorkersOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.size }, () => ({ worker: undefined, wanted: true, births: 0 }));
    for (const slot of this.#places.keys()) this.#start(slot);
    this.fewest = options.size;
  }

  /** The last one could not boot; set by the test. */
  unsettled = false;

  get serving(): number {
    return this.views().filter((worker) => worker.serving).length;
  }

  views(): readonly GovernedWorker[] {
    return this.#places.flatMap(({ worker }) => (worker ? [worker] : []));
  }

  /** How often the worker of this slot was replaced. */
  replacements(slot: number): number {
    return (this.#places[slot]?.births ?? 1) - 1;
  }

  set(slot: number, over: Partial<GovernedWorker>): void {
    const place = this.#places[slot];
    if (place?.worker) place.worker = { ...place.worker, ...over };
  }

  async recycle(slot: number, reason: RecycleReason, inTurn: boolean): Promise<{ tookMs: number; birthMs: number }> {
    const { onOrder, refusal } = this.#options;
    onOrder(`recycle ${slot}: ${reason}, ${inTurn ? "in turn" : "replacement first"}`);
    const place = this.#places[slot];
    if (!place?.worker) throw unavailable(`slot ${slot} has no worker to recycle`);
    if (inTurn) {
      this.#end(slot);
      if (refusal(1) !== undefined) throw unavailable("the replacement was not started");
      this.#start(slot, false);
    }
    try {
      await this.birth();
    } catch (error) {
      if (inTurn) this.#end(slot);
      throw unavailable(`the replacement did not come to serve: ${messageOf(error)}`);
    }
    if (!place.wanted) throw unavailable("unloaded meanwhile");
    if (inTurn) this.set(slot, { serving: true, idle: true });
    else this.#start(slot);
    return { tookMs: this.birthMs, birthMs: this.birthMs };
  }

  async unload(slots?: readonly number[]): Promise<void> {
    this.#options.onOrder(slots ? `unload ${slots.join(", ") || "nothing"}` : "unload every worker");
    for (const slot of slots ?? this.#places.keys()) {
      this.#places[slot]!.wanted = false;
      this.#end(slot);
    }
  }

  /** A process that serves nobody; set by the test. */
  hasSpare = false;

  async unloadSpare(): Promise<void> {
    this.#options.onOrder("unload what serves nobody");
    this.hasSpare = false;
  }

  restore(): void {
    this.#options.onOrder("start one, take texts");
    this.#places[0]!.wanted = true;
    this.reconsider();
  }

  refuseTexts(reason: string): void {
    this.#options.onOrder(`refuse texts: ${reason}`);
  }

  reconsider(): void {
    for (const [slot, { wanted, worker }] of this.#places.entries()) {
      if (wanted && !worker && this.#options.refusal(1) === undefined) this.#start(slot);
    }
  }

  #start(slot: number, serving = true): void {
    const place = this.#places[slot]!;
    place.births += 1;
    place.worker = {
      slot,
      pid: 1000 * (slot + 1) + place.births,
      serving,
      idle: serving,
      batches: 0,
      quietMs: 0,
      users: 0,
      requests: 0,
      uptimeMs: 0,
      maxUsers: 50,
      maxRequests: 1000,
      maxUptimeMs: 14_400_000,
    };
  }

  #end(slot: number): void {
    this.#places[slot]!.worker = undefined;
    this.fewest = Math.min(this.fewest, this.serving);
  }
}

function unavailable(detail: string): CombotError {
  return new CombotError("MODEL_UNAVAILABLE", detail);
}
