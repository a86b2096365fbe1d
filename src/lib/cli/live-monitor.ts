import { writeSync } from "node:fs";
import type { Client } from "../client.ts";
import { messageOf } from "../errors.ts";
import { press, splitKeys } from "../monitor/keys.ts";
import { FIRST_MODE } from "../monitor/mode.ts";
import type { Action, Mode, Pressed } from "../monitor/mode.ts";
import { MonitorScreen } from "./monitor-screen.ts";
import { MonitorLoop } from "../monitor/loop.ts";
import type { MonitorView } from "../monitor/state.ts";
import type { Glyphs } from "../render/glyphs.ts";
import { fitLine, paintLine } from "../render/line.ts";
import { renderPage } from "../render/monitor/pages.ts";
import type { Paint } from "../render/paint.ts";
import { shown } from "../terminal-text.ts";
import { writeControls } from "./guarded-streams.ts";
import { Painter } from "./painter.ts";
import { performAction } from "./monitor-actions.ts";
import { VERSION } from "../version.ts";

export interface LiveMonitorOptions {
  readonly client: Client;
  readonly intervalMs: number;
  readonly isReadOnly: boolean;
  readonly isElsewhere: boolean;
  readonly glyphs: Glyphs;
  readonly paint: Paint;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

const MESSAGE_MS = 15_000;
/** As a shell reports a process that died of SIGHUP. */
const EXIT_HANGUP = 129;

/** The live screen: draws, listens to the keys, and leaves the terminal as it was, however it ends. */
export class LiveMonitor {
  readonly #options: LiveMonitorOptions;
  readonly #painter = new Painter();
  readonly #loop: MonitorLoop;
  readonly #screen: MonitorScreen;
  readonly #ended = Promise.withResolvers<void>();
  #mode: Mode = FIRST_MODE;
  /** What is shown; stands still while paused. */
  #view: MonitorView;
  #message: { readonly text: string; readonly untilMs: number } | undefined;
  #isDrawing = false;

  constructor(options: LiveMonitorOptions) {
    this.#options = options;
    const show = (view: MonitorView): void => this.#show(view);
    const { client, intervalMs, isReadOnly, isElsewhere } = options;
    this.#screen = new MonitorScreen({ client, isReadOnly, isElsewhere, onNews: () => this.#draw() });
    this.#loop = new MonitorLoop({ client, intervalMs, isElsewhere, now, onTick: show, onNews: show });
    this.#view = this.#loop.view;
  }

  /** Resolves when q was pressed. */
  async run(): Promise<void> {
    const { output } = this.#options;
    process.on("exit", this.#leave);
    // Before the one that tells of it: what is told on the alternate screen is gone with it.
    process.prependListener("uncaughtException", this.#leave);
    process.once("SIGHUP", () => process.exit(EXIT_HANGUP));
    output.on("error", () => process.exit(EXIT_HANGUP));
    output.on("resize", this.#redraw);
    process.on("SIGCONT", this.#resume);
    this.#enter();
    this.#loop.start();
    await this.#ended.promise;
    this.#loop.stop();
    this.#leave();
  }

  #enter(): void {
    const { input, output } = this.#options;
    this.#isDrawing = true;
    writeControls(output, this.#painter.enter());
    if (!input.isTTY) return;
    input.setRawMode(true).setEncoding("utf8").on("data", this.#read).on("error", this.#hangUp).on("end", this.#hangUp);
    input.resume();
  }

  /** Also from the handlers of an exit, where nothing that is written later would come out. */
  readonly #leave = (): void => {
    if (!this.#isDrawing) return;
    this.#isDrawing = false;
    this.#screen.stop();
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

  readonly #hangUp = (): void => process.exit(EXIT_HANGUP);

  readonly #read = (text: string): void => {
    for (const key of splitKeys(text)) {
      const around = this.#screen.surroundings(this.#screen.viewOf(this.#view), this.#mode);
      this.#obey(press(this.#mode, key, around));
    }
  };

  #obey({ mode, effect, target, refusal }: Pressed): void {
    const isPausing = mode.isPaused && !this.#mode.isPaused;
    this.#mode = mode;
    if (!mode.isPaused || isPausing) this.#view = this.#loop.view;
    this.#screen.follow(mode);
    if (refusal !== undefined) this.#message = { text: refusal, untilMs: now() + MESSAGE_MS };
    if (effect === "quit") this.#ended.resolve();
    else if (effect === "interrupt") process.kill(process.pid, "SIGINT");
    else if (effect === "suspend") this.#suspend();
    else if (effect === "next decision") void this.#jump("next");
    else if (effect === "previous decision") void this.#jump("previous");
    else if (effect !== undefined) void this.#act(effect, target);
    this.#draw();
  }

  /** The screen goes back to the shell until it continues us. */
  #suspend(): void {
    this.#leave();
    process.kill(0, "SIGTSTP");
  }

  readonly #resume = (): void => {
    if (!this.#isDrawing) this.#enter();
    this.#screen.follow(this.#mode);
    this.#redraw();
  };

  async #jump(way: "next" | "previous"): Promise<void> {
    const fromMs = this.#mode.pastMs;
    if (fromMs === null) return;
    const found = await this.#screen.decisionBeside(fromMs, way);
    if (typeof found === "string") return this.#tell(found, MESSAGE_MS);
    // Whoever went on meanwhile is not pulled back.
    if (this.#mode.pastMs === fromMs) this.#obey({ mode: { ...this.#mode, pastMs: found } });
  }

  async #act(action: Action, target?: string): Promise<void> {
    this.#tell(`${action}: under way …`, Infinity);
    try {
      this.#tell(await performAction(this.#options.client, action, target), MESSAGE_MS);
    } catch (thrown) {
      this.#tell(`${action} failed: ${messageOf(thrown)}`, MESSAGE_MS);
    }
  }

  #tell(text: string, forMs: number): void {
    const { glyphs } = this.#options;
    this.#message = { text: text.replace("…", glyphs.more), untilMs: now() + forMs };
    this.#draw();
  }

  #show(view: MonitorView): void {
    if (!this.#mode.isPaused) this.#view = view;
    this.#draw();
  }

  readonly #redraw = (): void => {
    this.#painter.forget();
    this.#draw();
  };

  #draw(): void {
    if (!this.#isDrawing) return;
    const { output, glyphs, paint, intervalMs } = this.#options;
    if (this.#message && this.#message.untilMs < now()) this.#message = undefined;
    const width = output.columns || 80;
    const view = this.#screen.viewOf(this.#view);
    const lines = renderPage(view, {
      ...this.#screen.extrasFor(view, this.#mode),
      width,
      height: output.rows || 24,
      glyphs,
      intervalMs,
      ownVersion: VERSION,
      clock: new Date(),
      mode: this.#mode,
      ...(this.#message && { message: this.#message.text }),
    });
    const text = this.#painter.paint(lines.map((line) => shown(paintLine(fitLine(line, width), paint))));
    if (text !== "") writeControls(output, text);
  }
}

function now(): number {
  return performance.now();
}
