import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface TerminalOptions {
  readonly width: number;
  readonly height: number;
  /** As a shell reads it; the terminal ends with it. */
  readonly command: string;
  /** All of its environment but PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Lines that are kept once they have left the screen; 2,000 where nothing is said. */
  readonly scrollback?: number;
}

/** A real terminal that nobody sees: tmux's, on a server of its own, whose screen can be read. */
export class Terminal {
  readonly #folder: string;
  readonly #socket: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#socket = join(folder, "tmux.sock");
  }

  static async start({ width, height, command, env = {}, scrollback }: TerminalOptions): Promise<Terminal> {
    const terminal = new Terminal(mkdtempSync(join(tmpdir(), "ct-")));
    const { PATH = "", HOME = "" } = process.env;
    const given = { PATH, HOME, TERM: "tmux-256color", LANG: "C.UTF-8", ...env };
    const words = Object.entries(given).map(([name, value]) => `${name}='${value}'`);
    const size = ["-x", String(width), "-y", String(height)];
    const kept = scrollback === undefined ? [] : ["set-option", "-g", "history-limit", String(scrollback), ";"];
    const session = ["new-session", "-d", ...size, `exec env -i ${words.join(" ")} ${command}`];
    await terminal.#tmux("-f", "/dev/null", ...kept, ...session);
    return terminal;
  }

  /** Of the command. */
  async pid(): Promise<number> {
    return Number(await this.#tmux("list-panes", "-F", "#{pane_pid}"));
  }

  /** Each line without the blanks at its end; with escape sequences for its colours where they are asked for. */
  async screen({ colours = false }: { readonly colours?: boolean } = {}): Promise<string[]> {
    const text = await this.#tmux("capture-pane", "-p", ...(colours ? ["-e"] : []));
    return text.replace(/\n$/, "").split("\n");
  }

  /** All since {@link clear} that is kept, a line that was wrapped as one. */
  async scrollback(): Promise<string[]> {
    const text = await this.#tmux("capture-pane", "-p", "-J", "-S", "-");
    return text
      .trimEnd()
      .split("\n")
      .map((line) => line.trimEnd());
  }

  /** Forgets what it shows and showed; what runs in it doesn't notice. */
  async clear(): Promise<void> {
    await this.#tmux("send-keys", "-R", ";", "clear-history");
  }

  /** Types a text as it is. */
  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", "--", text);
  }

  /** As tmux names keys: `q`, `Enter`, `C-c`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux("send-keys", ...keys);
  }

  async resize(width: number, height: number): Promise<void> {
    await this.#tmux("resize-window", "-x", String(width), "-y", String(height));
  }

  /** What tmux knows of the terminal: `cursor_flag`, `alternate_on`, … */
  async state(name: string): Promise<string> {
    return (await this.#tmux("display-message", "-p", `#{${name}}`)).trim();
  }

  /** Closes it, as a window is closed: what runs in it is hung up on. */
  async end(): Promise<void> {
    await this.#tmux("kill-server").catch(() => undefined);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const { stdout } = await run("tmux", ["-S", this.#socket, ...args], { env: { ...process.env, LANG: "C.UTF-8" } });
    return stdout;
  }
}
