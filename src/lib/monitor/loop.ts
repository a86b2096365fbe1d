import type { Client } from "../client.ts";
import { followDaemon } from "./feed.ts";
import { MachineReader } from "./machine.ts";
import { MonitorState } from "./state.ts";
import type { MonitorView } from "./state.ts";

export interface MonitorLoopOptions {
  readonly client: Pick<Client, "call" | "events">;
  readonly intervalMs: number;
  /** The daemon is on another machine: of this one nothing is shown. */
  readonly isElsewhere?: boolean;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** Once an interval. */
  readonly onTick: (view: MonitorView) => void;
  /** What cannot wait for the next tick: a decision, an alert, a daemon that went. */
  readonly onNews?: (view: MonitorView) => void;
}

/** The daemon's samples set the beat; without one the machine is read this much later. */
const LATE_MS = 250;
/** News that come together are shown together. */
const NEWS_MS = 100;

/** Reads machine and daemon in one beat, and says when there is something to show. */
export class MonitorLoop {
  readonly #options: MonitorLoopOptions;
  readonly #state: MonitorState;
  readonly #reader = new MachineReader();
  readonly #ended = new AbortController();
  #tickedAtMs: number;
  #timer: NodeJS.Timeout | undefined;
  #newsTimer: NodeJS.Timeout | undefined;

  constructor(options: MonitorLoopOptions) {
    this.#options = options;
    this.#tickedAtMs = options.now();
    this.#state = new MonitorState(this.#tickedAtMs);
  }

  get view(): MonitorView {
    return this.#state.view(this.#options.now());
  }

  start(): void {
    const { client, now } = this.#options;
    const { signal } = this.#ended;
    this.#tick();
    void followDaemon({ client, state: this.#state, now, onNews: (news) => this.#heard(news), signal });
  }

  stop(): void {
    this.#ended.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#newsTimer);
  }

  #heard(news: "sample" | "decision" | "alert" | "lost"): void {
    if (news !== "sample") {
      this.#newsTimer ??= setTimeout(() => this.#tell(), NEWS_MS);
      return;
    }
    const nowMs = this.#options.now();
    const sinceMs = nowMs - this.#tickedAtMs;
    // So that the next tick has something to hold their time against.
    if (this.#isFirst() && !this.#options.isElsewhere)
      this.#reader.readProcesses(pidsOf(this.#state.view(nowMs)), nowMs);
    // The first sample of a daemon is shown at once; the others come about as often as they are wanted.
    if (sinceMs >= this.#options.intervalMs - LATE_MS) this.#tick();
    else this.#newsTimer ??= this.#isFirst() ? setTimeout(() => this.#tell(), NEWS_MS) : undefined;
  }

  #isFirst(): boolean {
    return this.#state.view(0).derived.requestsPerSecond === null;
  }

  #tell(): void {
    this.#newsTimer = undefined;
    this.#options.onNews?.(this.view);
  }

  #tick(): void {
    const { now, intervalMs, onTick, isElsewhere } = this.#options;
    const nowMs = now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), intervalMs + LATE_MS);
    this.#tickedAtMs = nowMs;
    const pids = pidsOf(this.#state.view(nowMs));
    if (isElsewhere) this.#state.takeBeat(nowMs);
    else this.#state.takeMachine(this.#reader.read(nowMs), this.#reader.readProcesses(pids, nowMs), nowMs);
    onTick(this.#state.view(nowMs));
  }
}

function pidsOf({ sample }: MonitorView): number[] {
  if (!sample) return [];
  const { daemon, workers } = sample.process;
  return [daemon.pid, ...workers.flatMap(({ pid }) => pid ?? [])];
}
