import { writeSync } from "node:fs";
import { splitKeys } from "../monitor/keys.ts";
import { fitLine, paintLine, type Line } from "../render/line.ts";
import type { Paint } from "../render/paint.ts";
import { shown } from "../terminal-text.ts";
import { writeControls } from "./guarded-streams.ts";
import { Painter } from "./painter.ts";

export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly paint: Paint;
}

export interface LiveScreenOptions extends Terminal {
  /** One character, or an escape sequence as a whole. */
  readonly onKey: (key: string) => void;
  /** What is on the terminal is not known any more, or it is ours again: draw. */
  readonly onRedraw: () => void;
  /** The terminal is the shell's again, for a while or for good. */
  readonly onLeave?: () => void;
}

/** As a shell reports a process that died of SIGHUP. */
const EXIT_HANGUP = 129;

/** The terminal's other screen: draws lines, listens to the keys, and leaves all as it was, however the process ends. */
export class LiveScreen {
  readonly #options: LiveScreenOptions;
  readonly #painter = new Painter();
  #isDrawing = false;

  constructor(options: LiveScreenOptions) {
    this.#options = options;
  }

  get width(): number {
    return this.#options.output.columns || 80;
  }

  get height(): number {
    return this.#options.output.rows || 24;
  }

  start(): void {
    const { output } = this.#options;
    process.on("exit", this.leave);
    // Before the one that tells of it: what is told on the alternate screen is gone with it.
    process.prependListener("uncaughtException", this.leave);
    process.once("SIGHUP", () => process.exit(EXIT_HANGUP));
    output.on("error", () => process.exit(EXIT_HANGUP));
    output.on("resize", this.#redraw);
    process.on("SIGCONT", this.#resume);
    this.#enter();
  }

  /** Also from the handlers of an exit, where nothing that is written later would come out. */
  readonly leave = (): void => {
    if (!this.#isDrawing) return;
    this.#isDrawing = false;
    this.#options.onLeave?.();
    const { input } = this.#options;
    try {
      if (input.isTTY) {
        input.removeListener("data", this.#read).removeListener("end", this.#hangUp);
        input.setRawMode(false).pause();
      }
      writeSync(1, this.#painter.leave());
    } catch {
      // The terminal has gone.
    }
  };

  /** The screen goes back to the shell until it continues us. */
  suspend(): void {
    this.leave();
    process.kill(0, "SIGTSTP");
  }

  /** @param lines made where there is a screen to draw on. */
  draw(lines: () => readonly Line[]): void {
    if (!this.#isDrawing) return;
    const { output, paint } = this.#options;
    const { width } = this;
    const text = this.#painter.paint(lines().map((line) => shown(paintLine(fitLine(line, width), paint))));
    if (text !== "") writeControls(output, text);
  }

  #enter(): void {
    const { input, output } = this.#options;
    this.#isDrawing = true;
    writeControls(output, this.#painter.enter());
    if (!input.isTTY) return;
    input.setRawMode(true).setEncoding("utf8").on("data", this.#read).on("error", this.#hangUp).on("end", this.#hangUp);
    input.resume();
  }

  readonly #hangUp = (): void => process.exit(EXIT_HANGUP);

  readonly #read = (text: string): void => {
    for (const key of splitKeys(text)) this.#options.onKey(key);
  };

  readonly #resume = (): void => {
    if (!this.#isDrawing) this.#enter();
    this.#redraw();
  };

  readonly #redraw = (): void => {
    this.#painter.forget();
    this.#options.onRedraw();
  };
}
