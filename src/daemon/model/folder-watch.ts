import { messageOf } from "../../lib/errors.ts";
import { StampReader } from "./folder-stamps.ts";
import { CONFIG_FILE, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE } from "./model-files.ts";
import type { Stamps } from "./seal-protocol.ts";
import { askSealer, isProcessLost } from "./sealer.ts";
import type { ServedModel } from "./served-model.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

export type FolderState = "same" | "changed" | "gone";

/** How a model's folder differs from what serves, in words for an operator. */
export interface FolderFault {
  readonly state: Exclude<FolderState, "same">;
  readonly detail: string;
}

export interface FolderWatchOptions {
  /** The one that serves. */
  readonly model: () => ServedModel;
  /** Told when something has changed, and when all is as it was. */
  readonly onChange: (fault: FolderFault | undefined, model: ServedModel) => void;
  readonly silenceMs?: number;
}

const INTERVAL_MS = 5000;
const SILENCE_MS = hangLimitMs(10_000);

/** Owns what is known of the folder that the model was loaded from. What serves is a copy, and goes on as it was. */
export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #silenceMs: number;
  readonly #reader: StampReader;
  #subject: ServedModel | undefined;
  /** What was found out last, and the stamps of then. */
  #judged: Stamps = {};
  #verdict: FolderFault | undefined;
  /** The verdict, or that the folder doesn't answer. */
  #fault: FolderFault | undefined;
  #polling: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
    this.#reader = new StampReader(this.#silenceMs);
  }

  /** Undefined while the folder holds what serves, as far as is known. */
  get fault(): FolderFault | undefined {
    return this.#subject === this.#options.model() ? this.#fault : undefined;
  }

  get state(): FolderState {
    return this.fault?.state ?? "same";
  }

  start(): void {
    this.#timer = setInterval(() => void this.poll(), INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#reader.stop();
  }

  /** Looks once; one at a time. Never rejects. */
  poll(): Promise<void> {
    this.#polling ??= this.#look().finally(() => (this.#polling = undefined));
    return this.#polling;
  }

  async #look(): Promise<void> {
    const model = this.#options.model();
    if (model !== this.#subject) this.#turnTo(model);
    const found = await this.#reader.read(model.dir, this.#namesOf(model));
    // Nobody has looked: what was known stands, and the next round looks again.
    if (found === "refused") return;
    if (found === "silent") return this.#conclude(model, silent(model.dir));
    if (found === "unknown") await this.#compare(model);
    else if (!this.#isJudged(found)) await this.#compare(model, found);
    this.#conclude(model, this.#verdict);
  }

  /** A copy that was made just now needs no second look. */
  #turnTo(model: ServedModel): void {
    const { source } = model.sealed;
    this.#subject = model;
    this.#fault = this.#verdict = undefined;
    this.#judged = source?.dir === model.dir ? source.stamps : {};
  }

  #namesOf({ sealed }: ServedModel): string[] {
    const counting = [CONFIG_FILE, TOKENIZER_FILE, TOKENIZER_CONFIG_FILE, ...sealed.names];
    return [...new Set([...Object.keys(this.#judged), ...counting])];
  }

  #isJudged(found: Stamps): boolean {
    return Object.entries(found).every(([name, stamp]) => (this.#judged[name] ?? null) === stamp);
  }

  /**
   * Other stamps with the same content are no change.
   *
   * @param found undefined where this machine can't tell stamps without reading.
   */
  async #compare({ dir, sealed: { content, file } }: ServedModel, found?: Stamps): Promise<void> {
    const known = found || this.#verdict ? undefined : { content, stamps: this.#judged };
    try {
      const now = await askSealer({ do: "compare", dir, file, known }, this.#silenceMs);
      this.#judged = now.stamps;
      this.#verdict = now.content === content ? undefined : changed(dir);
    } catch (error) {
      if (isProcessLost(error)) return;
      if (found) this.#judged = found;
      this.#verdict = gone(dir, messageOf(error));
    }
  }

  #conclude(model: ServedModel, fault: FolderFault | undefined): void {
    const isNews = fault?.detail !== this.#fault?.detail;
    this.#fault = fault;
    if (isNews && model === this.#options.model()) this.#options.onChange(fault, model);
  }
}

function changed(dir: string): FolderFault {
  const detail = `the folder ${dir} has changed since it was loaded; it goes on as it was until \`combot model use ${dir}\``;
  return { state: "changed", detail };
}

function gone(dir: string, reason: string): FolderFault {
  return {
    state: "gone",
    detail: `what was loaded from the folder ${dir} is not there any more (${reason}); it goes on as it was`,
  };
}

function silent(dir: string): FolderFault {
  return { state: "gone", detail: `the folder ${dir} does not answer; what was loaded from it goes on as it was` };
}
