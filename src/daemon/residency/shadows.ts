import { setTimeout as delay } from "node:timers/promises";
import { isAbsolute } from "node:path";
import { CombotError } from "../../lib/errors.ts";
import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { ClassifyReply, ClassifyRequest } from "../../lib/protocol/classify.ts";
import type { CameBy } from "../../lib/protocol/decisions.ts";
import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { LostShadow, ShadowReply, ShadowReport, ShadowRequest } from "../../lib/protocol/shadow.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { LiveTraffic } from "../policy/shadow.ts";
import type { Refusal } from "../pool/nursery.ts";
import type { Engine } from "./engine.ts";
import type { Models } from "./models.ts";
import type { ShadowNote } from "./shadow-note.ts";
import { remarksOn, refuseIncomparable } from "./shadow-labels.ts";
import { ShadowRun } from "./shadow-run.ts";

export interface ShadowsOptions {
  readonly models: () => Models;
  readonly open: (dir: string) => Promise<ServedModel>;
  /** @param name that its process is known by. */
  readonly create: (model: ServedModel, name: string, refusal: () => Refusal | undefined) => Engine;
  readonly traffic: () => LiveTraffic;
  /** Whether so many more workers of a model leave memory at the level normal. */
  readonly staysNormal: (engine: Engine, workers: number) => boolean;
  /** PSS of its processes, as last read. */
  readonly bytesOf: (engine: Engine) => number;
  readonly keepsTexts: () => boolean;
  readonly idleUnloadMs: () => number;
  readonly note: ShadowNote;
  /** Told when the candidate has made room for a model; `run` ends its process. */
  readonly makingRoom: (name: string, run: () => Promise<void>) => Promise<void>;
  /** The time of day. */
  readonly date: () => Date;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  readonly random: () => number;
  /** Told of what fails while nobody waits for it. */
  readonly onFailure: (error: unknown) => void;
}

/** A run with what is told of it. */
interface Standing {
  readonly run: ShadowRun;
  /** What the candidate is held against. */
  readonly name: string;
  readonly live: Engine;
  readonly share: number;
  readonly startedAt: string;
  readonly startedBy: CameBy;
  readonly remarks: readonly string[];
}

const LOOK_EVERY_MS = 25;
const MAKES_ROOM: Refusal = { detail: "the candidate of a shadow makes room for it", passing: "in time" };

/** Owns the candidate behind live traffic: one at a time, which is in nobody's way and the first to go. */
export class Shadows {
  readonly #options: ShadowsOptions;
  #running: Standing | undefined;
  /** The one before it, when it ended. */
  #last: ShadowReport | null = null;
  #lost: LostShadow | null;
  #isStarting = false;
  #makingRoom: Promise<void> | undefined;

  constructor(options: ShadowsOptions) {
    this.#options = options;
    this.#lost = options.note.read();
  }

  /** One that a daemon before this one had. */
  get lost(): LostShadow | null {
    return this.#lost;
  }

  /** The candidate, and the name of its process; undefined where none runs. */
  get candidate(): { readonly name: string; readonly engine: Engine } | undefined {
    const running = this.#running;
    return running && { name: nameOf(running.name), engine: running.run.engine };
  }

  /** It has a process. */
  get isLoaded(): boolean {
    return this.#running?.run.isLoaded ?? false;
  }

  /**
   * Opens a candidate, and has it loaded where there is room.
   *
   * @throws {CombotError} `SHADOW_RUNNING`, `MODEL_INVALID`, `MODEL_UNKNOWN`, `MODEL_UNAVAILABLE`, `NO_ROOM`, `INVALID_REQUEST`
   */
  async start(request: ShadowRequest, by: CameBy): Promise<void> {
    if (this.#running || this.#isStarting)
      throw new CombotError("SHADOW_RUNNING", `a candidate runs behind ${this.#running?.name ?? "a model"} by now`);
    this.#isStarting = true;
    try {
      await this.#start(request, by);
    } finally {
      this.#isStarting = false;
    }
  }

  /**
   * Resolves when the candidate compares, or waits for room.
   *
   * @throws {CombotError} `MODEL_INVALID` where its worker does not come to serve: then the shadow has ended.
   */
  async whenSettled(): Promise<void> {
    const running = this.#running;
    while (running && running === this.#running && running.run.state === "loading") {
      if (running.run.engine.pool.awaitsRoom !== undefined) return;
      await this.#endIfBroken(running);
      await delay(LOOK_EVERY_MS);
    }
    if (running !== this.#running) throw new CombotError("MODEL_INVALID", this.#last?.reason ?? "it was ended");
  }

  /** @returns what there was to tell. */
  async stop(): Promise<ShadowReply> {
    if (this.#running) await this.#end(this.#running, "stopped by hand");
    this.#lost = null;
    this.#options.note.remove();
    return this.report();
  }

  /** The daemon ends; what is noted stays. */
  async close(): Promise<void> {
    await this.#running?.run.end();
  }

  report(): ShadowReply {
    return { shadow: this.#running ? this.#reportOf(this.#running) : this.#last, lost: this.#lost };
  }

  /** Told of each call that was answered; costs those who asked nothing. */
  answered(request: ClassifyRequest, reply: ClassifyReply, timing: CallTiming | undefined): void {
    const running = this.#running;
    if (!running || (request.model ?? DEFAULT_MODEL) !== running.name) return;
    // Labels of a call's own, or some of the model's, are no answer to the same question.
    if (request.labels || request.candidates || reply.model.digest !== running.live.model.digest.slice(0, 12)) return;
    const { text = "", textPair, texts } = request;
    const items = texts ?? [{ text, textPair }];
    const isAlone = items.length === 1;
    for (const [at, item] of items.entries()) {
      const result = reply.results[at];
      if (!result) continue;
      const pair = typeof item === "string" ? { text: item, textPair: undefined } : item;
      const isComputed = isAlone && result.cached === false && result.coalesced === undefined;
      const liveMs = isComputed ? timing?.computeMs : undefined;
      running.run.offer({ text: pair.text, textPair: pair.textPair, label: result.label, liveMs });
    }
  }

  /** Once a second: what is over ends, and what was evicted may come back. */
  reconsider(): void {
    const running = this.#running;
    if (!running) return;
    const ended = this.#isLive(running)
      ? this.#endIfBroken(running)
      : this.#end(running, `${running.name} is another model now`);
    ended.catch(this.#options.onFailure);
    if (!this.#makingRoom && running === this.#running) running.run.reconsider();
  }

  /** Memory is wanted: resolves when its process is gone. */
  async giveWay(why: "level" | "evicted" = "level"): Promise<void> {
    await this.#running?.run.evict(why);
  }

  /** Why workers of a model may not be started yet: the candidate goes first. Undefined where it need not. */
  makeRoom(engine: Engine, workers: number): Refusal | undefined {
    if (this.#makingRoom) return MAKES_ROOM;
    if (!this.isLoaded || this.#options.staysNormal(engine, workers)) return undefined;
    const name = this.#options.models().nameOf(engine) ?? DEFAULT_MODEL;
    this.#makingRoom = this.#options
      .makingRoom(name, () => this.giveWay("evicted"))
      .catch(this.#options.onFailure)
      .finally(() => {
        this.#makingRoom = undefined;
        engine.pool.reconsider();
      });
    return MAKES_ROOM;
  }

  async #start(request: ShadowRequest, startedBy: CameBy): Promise<void> {
    const { models, create, traffic, keepsTexts, idleUnloadMs, note, now, random, date } = this.#options;
    const { model: name = DEFAULT_MODEL, share } = request;
    const live = await models().engineOf(name);
    const model = await this.#open(request);
    refuseIncomparable(live.model, model);
    const startedAt = date().toISOString();
    await note.write({ dir: model.dir, model: name, share, startedAt });
    this.#lost = null;
    const engine = create(model, nameOf(name), () => this.#refusal());
    const run = new ShadowRun({ engine, share, traffic, keepsTexts, idleUnloadMs, now, random });
    const remarks = remarksOn(live.model, model);
    this.#running = { run, name, live, share, startedAt, startedBy, remarks };
    run.reconsider();
  }

  async #open({ dir, name }: ShadowRequest): Promise<ServedModel> {
    if (name !== undefined) return (await this.#options.models().engineOf(name)).model;
    if (dir === undefined || !isAbsolute(dir))
      throw new CombotError("INVALID_REQUEST", "dir: must be an absolute path");
    return this.#options.open(dir);
  }

  /** Of the candidate's own worker. */
  #refusal(): Refusal | undefined {
    const running = this.#running;
    const { level } = this.#options.traffic();
    if (level !== "normal") return { detail: `memory is at ${level}`, passing: "in time" };
    if (running && this.#options.staysNormal(running.run.engine, 1)) return undefined;
    return { detail: "beside what runs it would not leave memory at normal", passing: "in time" };
  }

  #isLive({ name, live }: Standing): boolean {
    const { current, repository } = this.#options.models();
    const now = name === DEFAULT_MODEL ? current : repository.entries.find((entry) => entry.name === name)?.engine;
    return now?.model.digest === live.model.digest;
  }

  /** One whose first worker does not come to serve is no candidate. */
  async #endIfBroken(standing: Standing): Promise<void> {
    const { pool } = standing.run.engine;
    if (pool.everServed || pool.lastFailure === undefined) return;
    await this.#end(standing, `it can't be served: ${pool.lastFailure}`);
  }

  async #end(standing: Standing, reason: string): Promise<void> {
    if (this.#running !== standing) return;
    const endedAt = this.#options.date().toISOString();
    this.#last = { ...this.#reportOf(standing), state: "ended", reason, endedAt };
    this.#running = undefined;
    this.#options.note.remove();
    await standing.run.end();
    await this.#options.models().tellNeeded();
  }

  #reportOf({ run, name, live, share, startedAt, startedBy, remarks }: Standing): ShadowReport {
    const { tally, engine } = run;
    const { bytesOf } = this.#options;
    return {
      state: run.state,
      reason: run.reason,
      model: name,
      share,
      startedAt,
      startedBy,
      endedAt: null,
      live: { ...sideOf(live, bytesOf), ...timesOf(tally.liveTimes) },
      candidate: {
        ...sideOf(engine, bytesOf),
        ...timesOf(tally.candidateTimes),
        name: engine.model.name,
        file: engine.model.file,
      },
      ...tally.report(),
      remarks: [...remarks],
    };
  }
}

/** Of its process; no model of a repository can be called so. */
function nameOf(live: string): string {
  return `shadow:${live}`;
}

function sideOf(engine: Engine, bytesOf: (engine: Engine) => number) {
  const { digest, dir } = engine.model;
  return { digest: digest.slice(0, 12), dir, bytes: Math.round(bytesOf(engine)) };
}

function timesOf(times: { quantile(share: number): number | null }) {
  return { p50Ms: rounded(times.quantile(0.5)), p99Ms: rounded(times.quantile(0.99)) };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}
