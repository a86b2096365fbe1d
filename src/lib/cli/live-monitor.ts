import type { Client } from "../client.ts";
import { messageOf } from "../errors.ts";
import { press } from "../monitor/keys.ts";
import { FIRST_MODE } from "../monitor/mode.ts";
import type { Action, Mode, Pressed } from "../monitor/mode.ts";
import { MonitorScreen } from "./monitor-screen.ts";
import { MonitorLoop } from "../monitor/loop.ts";
import type { MonitorView } from "../monitor/state.ts";
import type { Glyphs } from "../render/glyphs.ts";
import type { Line } from "../render/line.ts";
import { renderPage } from "../render/monitor/pages.ts";
import { LiveScreen, type Terminal } from "./live-screen.ts";
import { performAction } from "./monitor-actions.ts";
import { VERSION } from "../version.ts";

export interface LiveMonitorOptions extends Terminal {
  readonly client: Client;
  readonly intervalMs: number;
  readonly isReadOnly: boolean;
  readonly isElsewhere: boolean;
  readonly glyphs: Glyphs;
}

const MESSAGE_MS = 15_000;

/** The live screen of one daemon: what is shown, and what the keys do. */
export class LiveMonitor {
  readonly #options: LiveMonitorOptions;
  readonly #terminal: LiveScreen;
  readonly #loop: MonitorLoop;
  readonly #screen: MonitorScreen;
  readonly #ended = Promise.withResolvers<void>();
  #mode: Mode = FIRST_MODE;
  /** What is shown; stands still while paused. */
  #view: MonitorView;
  #message: { readonly text: string; readonly untilMs: number } | undefined;

  constructor(options: LiveMonitorOptions) {
    this.#options = options;
    const show = (view: MonitorView): void => this.#show(view);
    const { client, intervalMs, isReadOnly, isElsewhere } = options;
    this.#screen = new MonitorScreen({ client, isReadOnly, isElsewhere, onNews: () => this.#draw() });
    this.#terminal = new LiveScreen({
      ...options,
      onKey: (key) => this.#press(key),
      onRedraw: () => this.#redraw(),
      onLeave: () => this.#screen.stop(),
    });
    this.#loop = new MonitorLoop({ client, intervalMs, isElsewhere, now, onTick: show, onNews: show });
    this.#view = this.#loop.view;
  }

  /** Resolves when q was pressed. */
  async run(): Promise<void> {
    this.#terminal.start();
    this.#loop.start();
    await this.#ended.promise;
    this.#loop.stop();
    this.#terminal.leave();
  }

  #press(key: string): void {
    const around = this.#screen.surroundings(this.#screen.viewOf(this.#view), this.#mode);
    this.#obey(press(this.#mode, key, around));
  }

  #obey({ mode, effect, target, refusal }: Pressed): void {
    const isPausing = mode.isPaused && !this.#mode.isPaused;
    this.#mode = mode;
    if (!mode.isPaused || isPausing) this.#view = this.#loop.view;
    this.#screen.follow(mode);
    if (refusal !== undefined) this.#message = { text: refusal, untilMs: now() + MESSAGE_MS };
    if (effect === "quit") this.#ended.resolve();
    else if (effect === "interrupt") process.kill(process.pid, "SIGINT");
    else if (effect === "suspend") this.#terminal.suspend();
    else if (effect === "next decision") void this.#jump("next");
    else if (effect === "previous decision") void this.#jump("previous");
    else if (effect !== undefined) void this.#act(effect, target);
    this.#draw();
  }

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

  /** Whoever comes back from the shell finds what was looked at. */
  #redraw(): void {
    this.#screen.follow(this.#mode);
    this.#draw();
  }

  #draw(): void {
    this.#terminal.draw(() => this.#lines());
  }

  #lines(): readonly Line[] {
    const { glyphs, intervalMs } = this.#options;
    if (this.#message && this.#message.untilMs < now()) this.#message = undefined;
    const view = this.#screen.viewOf(this.#view);
    return renderPage(view, {
      ...this.#screen.extrasFor(view, this.#mode),
      width: this.#terminal.width,
      height: this.#terminal.height,
      glyphs,
      intervalMs,
      ownVersion: VERSION,
      clock: new Date(),
      mode: this.#mode,
      ...(this.#message && { message: this.#message.text }),
    });
  }
}

function now(): number {
  return performance.now();
}
