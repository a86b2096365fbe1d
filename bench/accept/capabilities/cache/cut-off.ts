import { execFileSync } from "node:child_process";

/** A network namespace with one wire to it, which can be cut. Needs root. */
export class CutOff {
  /** Of whatever listens inside. */
  readonly address = "169.254.77.2";
  readonly #name = `combot-${process.pid}`;
  readonly #wire = `cb${process.pid}`;

  constructor() {
    const { address } = this;
    ip("netns", "add", this.#name);
    ip("link", "add", this.#wire, "type", "veth", "peer", "name", "eth0", "netns", this.#name);
    ip("address", "add", "169.254.77.1/30", "dev", this.#wire);
    ip("link", "set", this.#wire, "up");
    this.#inside("address", "add", `${address}/30`, "dev", "eth0");
    this.mend();
  }

  /** A command that runs what follows it inside. */
  get wrapper(): string[] {
    return ["ip", "netns", "exec", this.#name];
  }

  /** What is sent from here on is lost, and nobody is told. */
  cut(): void {
    this.#inside("link", "set", "eth0", "down");
  }

  mend(): void {
    this.#inside("link", "set", "eth0", "up");
  }

  remove(): void {
    ip("netns", "del", this.#name);
  }

  #inside(...args: string[]): void {
    ip("-netns", this.#name, ...args);
  }
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}
