import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";

/** Memory that somebody holds on order. */
export interface Weight {
  /** Resolves when it holds so many bytes. */
  set(bytes: number): Promise<void>;
  end(): Promise<void>;
}

/** A neighbour in the same cgroup. */
export class Neighbour implements Weight {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;

  constructor(cgroup: MemoryCgroup) {
    this.#child = fork(fileURLToPath(new URL("./ballast-process.ts", import.meta.url)), [], {
      execArgv: ["--expose-gc"],
    });
    this.#gone = once(this.#child, "exit");
    writeFileSync(`${cgroup.path}/cgroup.procs`, String(this.#child.pid));
  }

  async set(bytes: number): Promise<void> {
    // The kernel may have killed it: then it holds nothing, and whoever reads sees that.
    if (!this.#child.connected) return;
    const answered = Promise.race([once(this.#child, "message"), this.#gone]);
    this.#child.send(bytes);
    await answered;
  }

  async end(): Promise<void> {
    if (!this.#child.connected) return;
    this.#child.disconnect();
    await once(this.#child, "exit");
  }
}

/** The daemon itself, which a module of ours was loaded into: only its own tree counts for a limit of its own. */
export class Inside implements Weight {
  readonly #path: string;
  #connection: Socket | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** For the daemon's environment. */
  get env(): Record<string, string> {
    const module = new URL("./ballast-inside.mjs", import.meta.url).href;
    return { NODE_OPTIONS: `--import ${module}`, BALLAST_SOCKET: this.#path };
  }

  async set(bytes: number): Promise<void> {
    this.#connection ??= createConnection(this.#path);
    const answered = once(this.#connection, "data");
    this.#connection.write(`${bytes}\n`);
    await answered;
  }

  async end(): Promise<void> {
    this.#connection?.destroy();
  }
}
