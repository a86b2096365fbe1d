import { execa } from "execa";

/** A program that runs beside this process, and ends with it however that ends. */
export class Program {
  readonly ended: Promise<unknown>;
  readonly #kill: () => void;
  #hasEnded = false;

  /** @param logPath where what it says goes; nowhere otherwise. */
  constructor(command: string, args: readonly string[], logPath?: string) {
    const to = logPath === undefined ? "ignore" : { file: logPath };
    const child = execa("setpriv", ["--pdeathsig", "KILL", "--", command, ...args], {
      stdin: "ignore",
      stdout: to,
      stderr: to,
      reject: false,
    });
    this.#kill = () => void child.kill("SIGKILL");
    this.ended = child.then(() => (this.#hasEnded = true));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  async kill(): Promise<void> {
    this.#kill();
    await this.ended;
  }
}
