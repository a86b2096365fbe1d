import { execFileSync } from "node:child_process";
import type { Machine } from "../../../../test/support/systemd/machine.ts";

/** A network of its own, in a namespace of its own, to which machines are wired: balancer and Redis are in there. Needs root. */
export class Hub {
  /** Of what listens in it. */
  readonly address = "10.0.0.1";
  readonly #name = `combot-hub-${process.pid}`;

  constructor() {
    ip("netns", "add", this.#name);
    this.#inside("link", "set", "lo", "up");
    this.#inside("link", "add", "hub", "type", "bridge");
    this.#inside("address", "add", `${this.address}/24`, "dev", "hub");
    this.#inside("link", "set", "hub", "up");
  }

  /** A command that runs what follows it inside. */
  get wrapper(): string[] {
    return ["ip", "netns", "exec", this.#name];
  }

  /** As docs/proxies/haproxy.cfg has them. */
  addressOf(at: number): string {
    return `10.0.0.${11 + at}`;
  }

  connect(machine: Machine, at: number): void {
    const peer = ["peer", "name", "eth0", "netns", String(machine.pid)];
    this.#inside("link", "add", wireOf(at), "type", "veth", ...peer);
    this.#inside("link", "set", wireOf(at), "master", "hub");
    const within = ["-t", String(machine.pid), "-n", "ip"];
    execFileSync("nsenter", [...within, "address", "add", `${this.addressOf(at)}/24`, "dev", "eth0"]);
    execFileSync("nsenter", [...within, "link", "set", "eth0", "up"]);
    this.mend(at);
  }

  /** What is sent from here on, either way, is lost, and nobody is told. */
  cut(at: number): void {
    this.#inside("link", "set", wireOf(at), "down");
  }

  mend(at: number): void {
    this.#inside("link", "set", wireOf(at), "up");
  }

  remove(): void {
    ip("netns", "del", this.#name);
  }

  #inside(...args: string[]): void {
    ip("-netns", this.#name, ...args);
  }
}

function wireOf(at: number): string {
  return `host${at + 1}`;
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}
