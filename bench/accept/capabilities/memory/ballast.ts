import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";

/** A neighbour in the same cgroup that holds the reading where it is told, whatever the others free. */
export class Ballast {
  readonly #child: ChildProcess;
  readonly #usage: () => Promise<{ usage: number; limitBytes: number }>;
  #bytes = 0;
  #target: number | undefined;
  #loop: Promise<void> | undefined;

  /** @param usage the reading that is to be held, as the daemon reads it. */
  constructor(cgroup: MemoryCgroup, usage: () => Promise<{ usage: number; limitBytes: number }>) {
    this.#usage = usage;
    this.#child = fork(fileURLToPath(new URL("./ballast-process.ts", import.meta.url)), [], {
      execArgv: ["--expose-gc"],
    });
    writeFileSync(`${cgroup.path}/cgroup.procs`, String(this.#child.pid));
  }

  /** Holds the reading at `share` from here on; undefined lets go of everything. */
  async hold(share: number | undefined): Promise<void> {
    this.#target = share;
    if (share === undefined) return this.#set(0);
    await this.#correct();
    this.#loop ??= this.#follow();
  }

  async end(): Promise<void> {
    this.#target = undefined;
    await this.#loop;
    this.#child.disconnect();
    await once(this.#child, "exit");
  }

  async #follow(): Promise<void> {
    while (this.#target !== undefined) {
      await this.#correct();
      await delay(100);
    }
    this.#loop = undefined;
  }

  async #correct(): Promise<void> {
    const { usage, limitBytes } = await this.#usage();
    if (this.#target === undefined) return;
    await this.#set(Math.max(0, this.#bytes + (this.#target - usage) * limitBytes));
  }

  async #set(bytes: number): Promise<void> {
    this.#bytes = bytes;
    const answered = once(this.#child, "message");
    this.#child.send(bytes);
    await answered;
  }
}
