import type { Client } from "../client.ts";
import { messageOf } from "../errors.ts";
import { entriesOf, keyOfModel } from "../monitor/entries.ts";
import type { Mode, Surroundings } from "../monitor/mode.ts";
import { PastReader } from "../monitor/past.ts";
import { viewOfPast } from "../monitor/past-view.ts";
import type { MonitorView } from "../monitor/state.ts";
import type { Life } from "../render/monitor/options.ts";
import { LifeReader } from "./life-reader.ts";
import { LogFollower } from "./log-follower.ts";

export interface MonitorScreenOptions {
  readonly client: Client;
  readonly isReadOnly: boolean;
  /** The daemon is on another machine. */
  readonly isElsewhere: boolean;
  /** Something that was asked for has come. */
  readonly onNews: () => void;
}

/** What is on the screen beside the live figures, read when somebody looks at it: the past, a life, the log. */
export class MonitorScreen {
  readonly #isReadOnly: boolean;
  readonly #past: PastReader;
  readonly #lives: LifeReader;
  readonly #log: LogFollower;

  constructor({ client, isReadOnly, isElsewhere, onNews }: MonitorScreenOptions) {
    this.#isReadOnly = isReadOnly;
    this.#past = new PastReader({ client, clock: Date.now, onNews });
    this.#lives = new LifeReader(client, onNews);
    this.#log = new LogFollower(
      onNews,
      isElsewhere ? "the log of a daemon elsewhere is on its own machine" : undefined,
    );
  }

  /** Begins to read what this mode shows, and ends what it doesn't. */
  follow({ pastMs, spanMs, showsLog }: Mode): void {
    if (pastMs === null) this.#past.forget();
    else this.#past.want(pastMs, spanMs);
    if (showsLog) this.#log.follow(pastMs);
    else this.#log.stop();
  }

  stop(): void {
    this.#log.stop();
  }

  /** Of now, or of the moment that is wanted. */
  viewOf(live: MonitorView): MonitorView {
    const { past } = this.#past;
    return past ? viewOfPast(live, past) : live;
  }

  surroundings(view: MonitorView, { sort, filter }: Mode): Surroundings {
    const { sample, derived } = view;
    const models = sample?.models ?? [];
    return {
      models: sample ? models.map((one) => ({ key: keyOfModel(one, sample), ...one })) : [],
      entries: sample ? entriesOf(sample, derived.processCpu, { sort, filter }).map(({ key }) => key) : [],
      isReadOnly: this.#isReadOnly,
      nowMs: Date.now(),
      oldestMs: this.#past.oldestMs,
    };
  }

  /** What a page has to have beside the view. */
  extrasFor(
    view: MonitorView,
    mode: Mode,
  ): { log?: NonNullable<LogFollower["tail"]>; life?: Life; isReadOnly: boolean } {
    const log = mode.showsLog ? this.#log.tail : undefined;
    const life = mode.page === "detail" ? this.#lifeOf(view, mode) : undefined;
    return { isReadOnly: this.#isReadOnly, ...(log && { log }), ...(life && { life }) };
  }

  /** Where the next decision is; or words why it can't be told. */
  async decisionBeside(atMs: number, way: "next" | "previous"): Promise<number | string> {
    try {
      return (await this.#past.decisionBeside(atMs, way)) ?? `there is no ${way} decision`;
    } catch (thrown) {
      return messageOf(thrown);
    }
  }

  #lifeOf(view: MonitorView, { selected }: Mode): Life | undefined {
    const { sample, derived } = view;
    if (!sample || selected === null) return undefined;
    const entries = entriesOf(sample, derived.processCpu, { sort: "slot", filter: "" });
    const entry = entries.find(({ key }) => key === selected);
    return entry?.kind === "worker" ? this.#lives.lifeOf(entry.worker, view, Date.now()) : undefined;
  }
}
