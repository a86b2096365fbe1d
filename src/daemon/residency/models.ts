import { isAbsolute } from "node:path";
import { CombotError, messageOf } from "../../lib/errors.ts";
import type { JointPlace } from "../../lib/joint-admission.ts";
import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { AskedRequest, ClassifyReply } from "../../lib/protocol/classify.ts";
import type { Chosen } from "../../lib/protocol/health.ts";
import type { ModelUseReply, ModelUseRequest } from "../../lib/protocol/model.ts";
import { remarksOnSettings } from "../model/combot-json.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { FitVerdict } from "../policy/fit.ts";
import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { Tenant } from "./occupancy.ts";
import { bringUp, hasProcesses } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { neededOf } from "./needed.ts";
import type { Needed } from "./needed.ts";
import type { Repository } from "./repository.ts";
import { forgotten } from "./model-choice.ts";
import type { Choice, ModelChoice } from "./model-choice.ts";
import type { Answered } from "./uses.ts";

export interface ModelsOptions {
  /** The models beside the default one. */
  readonly repository: Repository;
  /** What the settings name, and who set them. */
  readonly defaultDir: string;
  readonly defaultBy: Chosen["by"];
  /** Who chose the first one. */
  readonly chosen: Chosen;
  readonly choice: ModelChoice;
  /** @param needed contents of the copies that must stay. */
  readonly open: (dir: string, file: string | undefined, needed: readonly string[]) => Promise<ServedModel>;
  readonly create: (model: ServedModel) => Engine;
  /** Whether this model's workers fit beside what runs now. */
  readonly fits: (model: ServedModel) => Promise<FitVerdict>;
  /** Told what is needed from now on. */
  readonly onNeeded: (needed: Needed) => Promise<void>;
  /** Told of each call that one model has answered. */
  readonly onAnswered?: (request: AskedRequest, reply: ClassifyReply, timing: CallTiming | undefined) => void;
  /** What runs behind one of them and serves nobody, under the name of its process. */
  readonly candidate?: () => { readonly name: string; readonly engine: Engine } | undefined;
  /** The time of day. */
  readonly date: () => Date;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

type Ask = (engine: Engine) => Answered;

/** Owns which models serve: the default one, during a switch the one that comes or goes, and those that have a name. */
export class Models {
  readonly #options: ModelsOptions;
  #current: Engine;
  readonly #engines: Set<Engine>;
  #chosen: Chosen;
  #switching = false;

  constructor(first: Engine, options: ModelsOptions) {
    this.#options = options;
    this.#current = first;
    this.#chosen = options.chosen;
    this.#engines = new Set([first]);
  }

  /** The one that new texts go to. */
  get current(): Engine {
    return this.#current;
  }

  /** Who chose the current one. */
  get chosen(): Chosen {
    return this.#chosen;
  }

  get repository(): Repository {
    return this.#options.repository;
  }

  /** Every one that may have processes: the default one, of the others those that have some, and a candidate. */
  get engines(): readonly Engine[] {
    const named = this.repository.engines.filter(hasProcesses);
    return [...this.#engines, ...named, ...this.#behind.filter(hasProcesses)];
  }

  /** Those that share memory and processors, each under its name. */
  get tenants(): readonly Tenant[] {
    const named = this.repository.entries.flatMap((entry) => {
      const { name, engine } = entry;
      return engine ? [{ name, engine, pinned: this.repository.isPinned(entry) }] : [];
    });
    const isPinned = this.repository.isPinned({ name: DEFAULT_MODEL, engine: this.#current });
    return [{ name: DEFAULT_MODEL, engine: this.#current, pinned: isPinned }, ...named];
  }

  /** Undefined for the default one, and for those on their way out. */
  nameOf(engine: Engine): string | undefined {
    const candidate = this.#options.candidate?.();
    if (candidate?.engine === engine) return candidate.name;
    return this.repository.entries.find((entry) => entry.engine === engine)?.name;
  }

  /** The engine that answers for a name, as soon as it is opened; the default one for its own, and for none. */
  async engineOf(name: string | undefined): Promise<Engine> {
    return isDefault(name) ? this.#current : this.repository.engineOf(name);
  }

  /** @throws {CombotError} `MODEL_UNKNOWN` */
  known(name: string): void {
    if (!isDefault(name)) this.repository.entry(name);
  }

  /** All results come from one model, `request.model`; see Classifier.classify for what it throws. */
  async classify(
    request: AskedRequest,
    hangUp: () => AbortSignal,
    timing?: CallTiming,
    place?: JointPlace,
  ): Promise<ClassifyReply> {
    const { model: name } = request;
    const ask = ({ uses, classifier }: Engine): Answered =>
      uses.call(this.#options.now(), () => classifier.classify(request, hangUp, timing, place), request.isTest);
    const reply = isDefault(name) ? await this.#askDefault(ask) : await this.#askNamed(name, ask);
    if (!request.isTest) this.#options.onAnswered?.(request, reply, timing);
    return reply;
  }

  #askDefault(ask: Ask): Answered {
    const engine = this.#current;
    const reply = ask(engine);
    if (!(reply instanceof Promise)) return reply;
    return reply.catch((error: unknown) => {
      // A switch in turn that came to nothing: what waited for the new model is the old one's to answer.
      const gone = engine !== this.#current && error instanceof CombotError && error.code === "MODEL_UNAVAILABLE";
      if (gone) return ask(this.#current);
      throw error;
    });
  }

  async #askNamed(name: string, ask: Ask): Promise<ClassifyReply> {
    const reply = await ask(await this.repository.engineOf(name));
    return { ...reply, model: { ...reply.model, name } };
  }

  /**
   * Serves another model from here on, with no failed request in between. One that can't be opened, loaded or asked
   * leaves the old one serving.
   *
   * @throws {CombotError} `MODEL_INVALID`, `MODEL_DOES_NOT_FIT`, `NO_ROOM`, `NO_PROCESS`, `SWITCH_RUNNING` or
   *   `INVALID_REQUEST`.
   */
  async use(request: ModelUseRequest): Promise<ModelUseReply> {
    if (this.#switching) throw new CombotError("SWITCH_RUNNING", "another switch is running", { retryAfterSeconds: 5 });
    this.#switching = true;
    try {
      return await this.#use(request);
    } finally {
      this.#switching = false;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...[...this.#engines].map((engine) => engine.pool.stop("stopping")), this.repository.stop()]);
  }

  /** What can fail for want of room is done before the switch: one that was made is not called a failure. */
  async #use(request: ModelUseRequest): Promise<ModelUseReply> {
    const { now, open, choice, defaultBy } = this.#options;
    const from = now();
    const previous = this.#current.model;
    const model = await open(this.#folderOf(request), request.file, this.needed.contents);
    const changed = model.digest !== previous.digest || model.dir !== previous.dir;
    const made = request.default ? undefined : this.#choiceOf(model);
    const prepared = await choice.prepare(made);
    if (changed) await this.#switchOr(model, request.inTurn ?? false, prepared.discard);
    else this.#current.classifier.judgeBy(model.settings);
    this.#chosen = made ? { by: "model use", at: made.at ?? null } : { by: defaultBy, at: null };
    const warning = forgotten(prepared.commit);
    await this.tellNeeded();
    return {
      model: nameOf(model),
      previous: nameOf(previous),
      changed,
      remembered: warning === undefined,
      remarks: [...(warning === undefined ? [] : [warning]), ...model.remarks, ...remarksOnSettings(model.settings)],
      durationMs: Math.round(now() - from),
    };
  }

  #choiceOf({ dir, file, sealed, digest }: ServedModel): Choice {
    return { dir, file, content: sealed.content, digest, at: this.#options.date().toISOString(), by: "model use" };
  }

  #folderOf({ dir, default: back }: ModelUseRequest): string {
    const named = back ? this.#options.defaultDir : (dir ?? "");
    if (!isAbsolute(named)) throw new CombotError("INVALID_REQUEST", "dir: must be an absolute path");
    return named;
  }

  async #switchOr(model: ServedModel, inTurn: boolean, undo: () => void): Promise<void> {
    try {
      await this.#switchTo(model, inTurn);
    } catch (error) {
      undo();
      // What was copied of a model that does not serve must not pile up.
      await this.tellNeeded();
      throw error;
    }
  }

  /** A choice is always that of the engine that serves. */
  get needed(): Needed {
    const engines = [...this.#engines, ...this.repository.engines, ...this.#behind];
    return neededOf(engines, this.repository.unread);
  }

  get #behind(): readonly Engine[] {
    const candidate = this.#options.candidate?.();
    return candidate ? [candidate.engine] : [];
  }

  /** What is kept of other models may go. */
  tellNeeded(): Promise<void> {
    return this.#options.onNeeded(this.needed);
  }

  async #switchTo(model: ServedModel, inTurn: boolean): Promise<void> {
    if (inTurn) return this.#replaceInTurn(model);
    const { fits, detail } = await this.#options.fits(model);
    if (!fits)
      throw new CombotError("MODEL_DOES_NOT_FIT", `${model.name} beside the model that serves needs ${detail}`);
    const old = this.#current;
    const next = this.#create(model);
    await this.#bringUp(next);
    this.#current = next;
    await this.#retire(old);
  }

  /** The old model goes first; texts wait in the new one's queue, up to their deadline. */
  async #replaceInTurn(model: ServedModel): Promise<void> {
    const old = this.#current;
    const next = this.#create(model);
    next.pool.suspend();
    this.#current = next;
    await old.classifier.whenIdle();
    await old.pool.unload();
    try {
      await this.#bringUp(next);
    } catch (error) {
      old.pool.load();
      this.#current = old;
      next.queue.failWaiting(new CombotError("MODEL_UNAVAILABLE", messageOf(error), { retryAfterSeconds: 1 }));
      throw error;
    }
    await this.#retire(old);
  }

  #create(model: ServedModel): Engine {
    const engine = this.#options.create(model);
    this.#engines.add(engine);
    return engine;
  }

  /** @throws as `bringUp`. */
  async #bringUp(engine: Engine): Promise<void> {
    try {
      await bringUp(engine);
    } catch (error) {
      this.#engines.delete(engine);
      throw error;
    }
  }

  async #retire(engine: Engine): Promise<void> {
    await engine.classifier.whenIdle();
    await engine.pool.stop();
    this.#engines.delete(engine);
  }
}

function isDefault(name: string | undefined): name is undefined | typeof DEFAULT_MODEL {
  return name === undefined || name === DEFAULT_MODEL;
}

function nameOf({ name, digest, dir, file }: ServedModel): ModelUseReply["model"] {
  return { name, digest: digest.slice(0, 12), dir, file };
}
