import type { HostsView } from "../hosts/watch.ts";
import { standingOf, type Standing } from "../monitor/host-standing.ts";
import type { Glyphs } from "../render/glyphs.ts";
import type { Line } from "../render/line.ts";
import { renderHostsScreen, rowsOnScreen } from "../render/hosts-monitor/screen.ts";
import { LiveScreen, type Terminal } from "./live-screen.ts";

export interface LiveHostsOptions extends Terminal {
  readonly intervalMs: number;
  readonly patienceMs: number;
  readonly glyphs: Glyphs;
}

/** In the order of the file. */
export function standingsOf({ hosts, nowMs }: HostsView, patienceMs: number): Standing[] {
  return hosts.map((one) => standingOf(one, nowMs, patienceMs));
}

type End = "quit" | "interrupt";

const CTRL_C = "\u0003";
const CTRL_Z = "\u001A";
const UP = ["\u001B[A", "\u001BOA", "k"];
const DOWN = ["\u001B[B", "\u001BOB", "j"];
const PAGE_UP = "\u001B[5~";
const PAGE_DOWN = "\u001B[6~";

/** The live table of several hosts. */
export class LiveHosts {
  readonly #options: LiveHostsOptions;
  readonly #terminal: LiveScreen;
  readonly #ended = Promise.withResolvers<End>();
  #view: HostsView = { nowMs: 0, hosts: [] };
  #from = 0;
  #isWorstFirst = false;

  constructor(options: LiveHostsOptions) {
    this.#options = options;
    this.#terminal = new LiveScreen({
      ...options,
      onKey: (key) => this.#press(key),
      onRedraw: () => this.#draw(),
    });
  }

  /** @param begin is called once the screen is there. @returns how it was ended; the terminal is as it was. */
  async run(begin: () => void): Promise<End> {
    this.#terminal.start();
    try {
      begin();
      return await this.#ended.promise;
    } finally {
      this.#terminal.leave();
    }
  }

  show(view: HostsView): void {
    this.#view = view;
    this.#draw();
  }

  end(how: End): void {
    this.#ended.resolve(how);
  }

  fail(thrown: unknown): void {
    this.#ended.reject(thrown);
  }

  #press(key: string): void {
    if (key === "q") return this.end("quit");
    // In raw mode the terminal makes no signals of these.
    if (key === CTRL_C) return this.end("interrupt");
    if (key === CTRL_Z) return this.#terminal.suspend();
    const page = rowsOnScreen(this.#terminal.height);
    if (UP.includes(key)) this.#scroll(-1);
    else if (DOWN.includes(key)) this.#scroll(1);
    else if (key === PAGE_UP) this.#scroll(-page);
    else if (key === PAGE_DOWN) this.#scroll(page);
    else if (key === "s") this.#isWorstFirst = !this.#isWorstFirst;
    this.#draw();
  }

  #scroll(by: number): void {
    const last = Math.max(0, this.#view.hosts.length - rowsOnScreen(this.#terminal.height));
    this.#from = Math.max(0, Math.min(last, this.#from + by));
  }

  #draw(): void {
    this.#terminal.draw(() => this.#lines());
  }

  #lines(): readonly Line[] {
    const { intervalMs, patienceMs, glyphs } = this.#options;
    const { width, height } = this.#terminal;
    return renderHostsScreen(standingsOf(this.#view, patienceMs), {
      width,
      height,
      glyphs,
      intervalMs,
      clock: new Date(),
      from: this.#from,
      isWorstFirst: this.#isWorstFirst,
    });
  }
}
