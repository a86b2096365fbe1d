import { writeSync } from "node:fs";
import type { Client } from "../client.ts";
import { messageOf } from "../errors.ts";
import { splitKeys } from "../monitor/keys.ts";
import { fitLine, paintLine } from "../render/line.ts";
import { renderLabelling } from "../render/inbox-label.ts";
import type { Paint } from "../render/paint.ts";
import { shown } from "../terminal-text.ts";
import { writeControls } from "./guarded-streams.ts";
import { LABEL_KEYS, matching, pressLabel } from "./label-keys.ts";
import type { Labelled, LabelState } from "./label-keys.ts";
import { Painter } from "./painter.ts";

export interface LiveLabelsOptions {
  readonly client: Pick<Client, "call">;
  readonly model: string;
  readonly first: LabelState;
  readonly paint: Paint;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

const EXIT_HANGUP = 129;

/** One text after the other, a key for its label; each is kept before the next one is. */
export class LiveLabels {
  readonly #options: LiveLabelsOptions;
  readonly #painter = new Painter();
  readonly #ended = Promise.withResolvers<void>();
  #state: LabelState;
  #message: string | undefined;
  #saved: Promise<void> = Promise.resolve();
  #isDrawing = false;

  constructor(options: LiveLabelsOptions) {
    this.#options = options;
    this.#state = options.first;
  }

  /** @returns how many have a label now. @throws {CombotError} where one could not be kept. */
  async run(): Promise<number> {
    const { output, input } = this.#options;
    process.on("exit", this.#leave);
    process.prependListener("uncaughtException", this.#leave);
    process.once("SIGHUP", () => process.exit(EXIT_HANGUP));
    output.on("error", () => process.exit(EXIT_HANGUP));
    output.on("resize", this.#redraw);
    this.#isDrawing = true;
    writeControls(output, this.#painter.enter());
    input.setRawMode(true).setEncoding("utf8").on("data", this.#read);
    input.on("end", () => process.exit(EXIT_HANGUP)).resume();
    this.#draw();
    try {
      await this.#ended.promise;
      await this.#saved;
    } finally {
      this.#leave();
    }
    return [...this.#state.given.values()].filter((label) => label !== null).length;
  }

  /** Also from the handlers of an exit, where nothing that is written later would come out. */
  readonly #leave = (): void => {
    if (!this.#isDrawing) return;
    this.#isDrawing = false;
    const { input } = this.#options;
    try {
      input.removeListener("data", this.#read).setRawMode(false).pause();
      writeSync(1, this.#painter.leave());
    } catch {
      // The terminal has gone.
    }
  };

  readonly #read = (text: string): void => {
    for (const key of splitKeys(text)) {
      const { state, save, effect, refusal } = pressLabel(this.#state, key);
      this.#state = state;
      this.#message = refusal;
      if (save) this.#save(save);
      if (effect === "interrupt") process.kill(process.pid, "SIGINT");
      if (effect === "end") this.#ended.resolve();
    }
    this.#draw();
  };

  /** In the order of the keys. What can't be kept ends it: whoever went on would do so for nothing. */
  #save(labelled: Labelled): void {
    const before = this.#saved;
    this.#saved = this.#saveBehind(before, labelled);
    this.#saved.catch((thrown: unknown) => {
      this.#message = messageOf(thrown);
      this.#ended.resolve();
    });
  }

  async #saveBehind(before: Promise<void>, labelled: Labelled): Promise<void> {
    await before;
    const { client, model } = this.#options;
    const { unknown } = await client.call("inboxLabel", { body: { model, given: [labelled] } });
    if (unknown.length > 0) this.#message = "That text is not in the inbox any more.";
  }

  readonly #redraw = (): void => {
    this.#painter.forget();
    this.#draw();
  };

  #draw(): void {
    if (!this.#isDrawing) return;
    const { output, paint, model } = this.#options;
    const { texts, at, given, labels, typing } = this.#state;
    const width = output.columns || 80;
    const found = typing === null ? labels : matching(labels, typing);
    const lines = renderLabelling({
      model,
      text: texts[at],
      done: Math.min(at, texts.length),
      of: texts.length,
      labelled: [...given.values()].filter((label) => label !== null).length,
      labels: found.map((label) => ({ key: LABEL_KEYS[labels.indexOf(label)] ?? " ", label })),
      typing,
      message: this.#message,
      nowMs: Date.now(),
      width,
      height: output.rows || 24,
    });
    const text = this.#painter.paint(lines.map((line) => shown(paintLine(fitLine(line, width), paint))));
    if (text !== "") writeControls(output, text);
  }
}
