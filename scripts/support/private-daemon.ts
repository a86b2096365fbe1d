import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { callSocket } from "./socket-request.ts";
import type { Reply } from "./socket-request.ts";

export const LAUNCHER = fileURLToPath(new URL("../../bin/run.js", import.meta.url));

export interface PrivateDaemonOptions {
  /** Settings beside the private ones: its own sockets and state folder, no Redis. */
  readonly env?: Readonly<Record<string, string>>;
  /** Put in front of the command: `["sh", "-c", 'echo $$ > … && exec "$@"', "sh"]`. */
  readonly wrapper?: readonly string[];
  /** Resolve as soon as the socket answers rather than when the model does. */
  readonly untilAnswering?: boolean;
  readonly startLimitMs?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A daemon of one's own, in a temporary folder, from the built program. */
export class PrivateDaemon {
  readonly folder: string;
  readonly socketPath: string;
  readonly controlPath: string;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #log: string[] = [];

  private constructor(options: PrivateDaemonOptions, folder: string) {
    this.folder = folder;
    this.socketPath = join(folder, "run", "combot.sock");
    this.controlPath = join(dirname(this.socketPath), "control.sock");
    const command = [...(options.wrapper ?? []), process.execPath, LAUNCHER, "daemon", "--socket", this.socketPath];
    this.#child = spawn(command[0]!, command.slice(1), {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        COMBOT_STATE_DIR: join(folder, "state"),
        REDIS_URL: "off",
        ...options.env,
      },
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#log.push(text));
    this.ended = new Promise((resolve) => this.#child.once("exit", (code, signal) => resolve({ code, signal })));
  }

  /** @param folder its own; made, and removed by `stop`, where none is given. */
  static async start(
    options: PrivateDaemonOptions = {},
    folder = mkdtempSync(join(tmpdir(), "cd-")),
  ): Promise<PrivateDaemon> {
    const daemon = new PrivateDaemon(options, folder);
    await daemon.#waitUntilUp(options);
    return daemon;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it wrote to stderr so far. */
  get log(): string {
    return this.#log.join("");
  }

  /** Asks over the control socket, which takes every call. */
  ask(method: string, path: string, body?: unknown): Promise<Reply> {
    return callSocket({ socketPath: this.controlPath, method, path, body });
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, text } = await this.ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return JSON.parse(text) as T;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.#child.kill(signal);
    const ended = await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
    return ended;
  }

  async #waitUntilUp({ untilAnswering = false, startLimitMs = 30_000 }: PrivateDaemonOptions): Promise<void> {
    const limit = Date.now() + startLimitMs;
    while (Date.now() < limit) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) break;
      const reply = await callSocket({ socketPath: this.socketPath, path: "/api/health/" }).catch(() => undefined);
      if (reply?.status === 200 || (untilAnswering && reply)) return;
      await delay(10);
    }
    this.#child.kill("SIGKILL");
    throw new Error(`the daemon did not come up:\n${this.log}`);
  }
}
