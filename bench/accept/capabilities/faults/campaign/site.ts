import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LAUNCHER } from "../../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../../scripts/support/socket-request.ts";
import type { Reply } from "../../../../../scripts/support/socket-request.ts";
import { Cgroup } from "./cgroups.ts";
import { Clock } from "./clock.ts";

const STATE_SIZE = "192m";
const LOG_SIZE = "8m";
const RESTART_MS = 100;
/** As the unit's TimeoutStartSec=: a Node that can't have its threads may hang before any program runs. */
const START_LIMIT_MS = 30_000;
const LOOK_LIMIT_MS = 5000;
/** What a worker may take more once it is to die of it: hardly a page. */
const OOM_BYTES = 64 * 1024;

/** A daemon's place: disks of its own for state and log, cgroups of its own, a clock of its own; and who restarts it. */
export class Site {
  readonly folder: string;
  readonly state: string;
  readonly log: string;
  readonly temporary: string;
  readonly socketPath: string;
  readonly controlPath: string;
  readonly cgroup = new Cgroup("pids", "combot-campaign");
  readonly oom = new Cgroup("memory", "combot-campaign-oom");
  readonly clock: Clock;
  readonly #agent = keepAliveAgent(16);
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #isWanted = false;
  /** Ends that nobody asked for, of daemons that had answered: the status or signal of each, and what it logged last. */
  readonly unasked: string[] = [];
  /** Node gives up where it can't make its threads; systemd starts the next one. */
  failedStarts = 0;
  /** Node waited for good for the threads that it could not make; systemd ends it and starts the next one. */
  hungStarts = 0;
  #startFailedAtMs = 0;
  #hasAnswered = false;
  #refusedBefore = 0;
  #isAsked = false;

  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.folder = folder;
    [this.state, this.log, this.temporary] = [join(folder, "state"), join(folder, "log"), join(folder, "tmp")];
    mkdirSync(this.temporary, { recursive: true });
    this.socketPath = join(folder, "run", "combot.sock");
    this.controlPath = join(folder, "run", "control.sock");
    this.#env = env;
    for (const [path, size] of [
      [this.state, STATE_SIZE],
      [this.log, LOG_SIZE],
    ] as const) {
      mkdirSync(path, { recursive: true });
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]);
    }
    this.clock = new Clock(folder);
    this.oom.limitMemory(OOM_BYTES);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isUp(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Keeps one running, as systemd does with Restart=always. */
  start(): void {
    this.#isWanted = true;
    const log = openSync(join(this.log, "daemon.log"), "a");
    const inside = ["-c", 'echo $$ > "$0" && exec "$@"', `${this.cgroup.path}/cgroup.procs`];
    const child = spawn("sh", [...inside, process.execPath, LAUNCHER, "daemon", "--socket", this.socketPath], {
      stdio: ["ignore", "ignore", log],
      env: {
        PATH: process.env["PATH"],
        HOME: this.folder,
        TMPDIR: this.temporary,
        COMBOT_STATE_DIR: this.state,
        ...this.clock.env,
        ...this.#env,
      },
    });
    closeSync(log);
    this.#child = child;
    this.#isAsked = false;
    this.#hasAnswered = false;
    this.#refusedBefore = this.cgroup.refused;
    this.#ended = this.#follow(child);
  }

  /** Sends a signal that ends it; the next one is started. */
  end(signal: "SIGTERM" | "SIGKILL"): void {
    this.#isAsked = true;
    this.#child?.kill(signal);
  }

  /** Ends it for good, orderly, and waits for it. */
  async stop(): Promise<{ readonly status: string }> {
    this.#isWanted = false;
    this.end("SIGTERM");
    await this.#ended;
    return { status: String(this.#child?.signalCode ?? this.#child?.exitCode) };
  }

  async ask(method: string, path: string, body?: unknown, limitMs = 60_000): Promise<Reply> {
    const { pid } = this;
    const signal = AbortSignal.timeout(limitMs);
    const reply = await callSocket({
      socketPath: this.controlPath,
      method,
      path,
      body,
      agent: this.#agent,
      signal,
    });
    if (pid === this.pid) this.#hasAnswered = true;
    return reply;
  }

  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, text } = await this.ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Until the socket answers: so long from now, or from when Node last could not have its threads. */
  async untilAnswering(limitMs = 60_000): Promise<boolean> {
    const fromMs = performance.now();
    for (; performance.now() < Math.max(fromMs, this.#startFailedAtMs) + limitMs; await delay(20)) {
      if (await this.ask("GET", "/api/process/status/").catch(() => undefined)) return true;
    }
    return false;
  }

  lastLog(lines: number): string {
    const path = join(this.log, "daemon.log");
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(-lines).join("\n") : "";
  }

  async remove(): Promise<void> {
    this.#isWanted = false;
    this.#isAsked = true;
    this.#agent.destroy();
    for (const pid of this.cgroup.pids) kill(pid);
    await this.#ended;
    this.clock.end();
    for (const path of [this.state, this.log]) execFileSync("umount", ["-l", path]);
    await this.cgroup.remove();
    await this.oom.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #follow(child: ChildProcess): Promise<void> {
    const limit = setTimeout(() => void this.#endHung(child), START_LIMIT_MS);
    const [code, signal] = await once(child, "exit");
    clearTimeout(limit);
    const wasRefused = this.cgroup.refused > this.#refusedBefore;
    if (!this.#isAsked && !this.#hasAnswered && wasRefused) {
      this.failedStarts += 1;
      this.#startFailedAtMs = performance.now();
    } else if (!this.#isAsked) {
      const known = `answered: ${this.#hasAnswered}, refused a thread or process: ${wasRefused}`;
      this.unasked.push(`${signal ?? code} (${known}): ${this.lastLog(40)}`);
    }
    await delay(RESTART_MS);
    if (this.#isWanted) this.start();
  }

  async #endHung(child: ChildProcess): Promise<void> {
    const reply = await this.ask("GET", "/api/process/status/", undefined, LOOK_LIMIT_MS).catch(() => undefined);
    if (reply || child !== this.#child || !this.isUp) return;
    this.hungStarts += 1;
    this.#startFailedAtMs = performance.now();
    this.#isAsked = true;
    child.kill("SIGKILL");
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
