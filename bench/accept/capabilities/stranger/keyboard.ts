import { setTimeout as delay } from "node:timers/promises";
import { Terminal } from "../../../../scripts/support/terminal.ts";
import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";

export interface Typed {
  readonly command: string;
  readonly status: number;
  readonly seconds: number;
  /** All that the terminal showed from the command on, without the prompt behind it. */
  readonly shown: string;
}

/** What one does at the screen while a command runs: once, when it shows this. */
export interface Reaction {
  readonly when: RegExp;
  /** As tmux names keys. */
  readonly press: readonly string[];
  /** How long one looks first. */
  readonly lookMs?: number;
}

export interface Meanwhile {
  readonly reactions?: readonly Reaction[];
  readonly until?: RegExp;
}

/** Where the shell notes how each command ended, whenever it shows its prompt. */
const STATUSES = "/var/tmp/statuses";
/** As Debian's .bashrc has it. */
const PROMPT = /\w+@\w+:[^\n$]*\$ ?/;
const PROMPT_AT_END = /\w+@\w+:[^\n$]*\$ *$/;
const LOOKS_EVERY_MS = 500;
const COMMAND_LIMIT_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Someone who is logged in on a machine and types. */
export class Keyboard {
  readonly #terminal: Terminal;
  /** One for each prompt so far. */
  readonly #statuses: number[];

  private constructor(terminal: Terminal, statuses: number[]) {
    this.#terminal = terminal;
    this.#statuses = statuses;
  }

  static async login({ guest }: VirtualMachine, user: string): Promise<Keyboard> {
    await guest.sh(`rm -f ${STATUSES}; grep -q PROMPT_COMMAND ~${user}/.bashrc ||
      echo 'PROMPT_COMMAND="echo \\$? >>${STATUSES}"' >>~${user}/.bashrc`);
    const statuses: number[] = [];
    guest
      .run(`tail -n +1 -F ${STATUSES} 2>/dev/null`, {
        limitMs: DAY_MS,
        onLine: (line) => void statuses.push(Number(line)),
      })
      .catch(() => undefined);
    const size = { width: 110, height: 36, scrollback: 20_000 };
    const terminal = await Terminal.start({ ...size, command: guest.loginOf(user) });
    const keyboard = new Keyboard(terminal, statuses);
    await keyboard.#until(() => statuses.length > 0, "it does not show a prompt");
    return keyboard;
  }

  /** @param expected what to do meanwhile, each once and in this order, and what to wait for behind the prompt. */
  async type(command: string, { reactions = [], until }: Meanwhile = {}): Promise<Typed> {
    await this.#terminal.clear();
    // The shell writes its prompt again, and knows where the line begins.
    await this.#terminal.press("C-l");
    await this.#until(async () => PROMPT.test(await this.#shown()), "it does not show a prompt");
    const [from, before, pictures] = [performance.now(), this.#statuses.length, new Array<string>()];
    for (const line of command.split("\n")) {
      await this.#terminal.type(line);
      await this.#terminal.press("Enter");
    }
    const left = [...reactions];
    const ended = (): boolean => this.#statuses.length > before;
    await this.#until(async () => {
      if (ended() || left.length === 0) return ended();
      const screen = await this.#shown();
      const [{ when, press, lookMs = 0 }] = left as [Reaction];
      if (!when.test(screen)) return false;
      left.shift();
      await delay(lookMs);
      // What has a screen of its own leaves nothing of it behind.
      if ((await this.#terminal.state("alternate_on")) === "1") pictures.push(await this.#shown());
      await this.#terminal.press(...press);
      return false;
    }, `${command}: it does not end`);
    if (until) await this.#until(async () => until.test(await this.#shown()), `${command}: it does not show ${until}`);
    const seconds = Math.round((performance.now() - from) / 1000);
    const [echo = "", ...shown] = await this.#terminal.scrollback();
    // Behind what ends without a line break the prompt comes in the same line.
    const all = [echo.replace(PROMPT, "$ "), ...pictures, ...shown].join("\n");
    const status = this.#statuses[before] ?? Number.NaN;
    return { command, status, seconds, shown: all.replace(PROMPT_AT_END, "").trimEnd() };
  }

  async logout(): Promise<void> {
    await this.#terminal.end();
  }

  async #until(isSo: () => boolean | Promise<boolean>, otherwise: string): Promise<void> {
    for (const until = performance.now() + COMMAND_LIMIT_MS; performance.now() < until; await delay(LOOKS_EVERY_MS))
      if (await isSo()) return;
    throw new Error(`${otherwise}\n${await this.#shown()}`);
  }

  async #shown(): Promise<string> {
    return (await this.#terminal.screen()).join("\n").trimEnd();
  }
}
