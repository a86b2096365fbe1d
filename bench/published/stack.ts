import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { treeOf } from "../../scripts/support/process-tree.ts";
import type { Contender } from "../serve/contender.ts";
import type { Recycled } from "./measurement.ts";
import { PYTHON } from "./needs.ts";

const APP = fileURLToPath(new URL("app", import.meta.url));
const COMMAND = ["-m", "gunicorn", "--config", join(APP, "gunicorn.conf.py"), "--chdir", APP];
/** Those that a reader would ask for. */
const TOLD = /^(worker_class|workers|threads|max_requests|max_requests_jitter|preload_app|timeout|backlog) *=/;
const WORKERS = 2;
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 20_000;
/** gunicorn's line and that of app/gunicorn.conf.py. */
const BOOTS = /Booting worker/g;
const SERVES = /Worker serves/g;

export interface StackOptions {
  /** Of the model, as torch wants it. */
  readonly modelDir: string;
  /** For its sockets and compiled files. */
  readonly folder: string;
  /** Answers are cached here. */
  readonly redisSocket?: string | undefined;
  /** After which a worker is recycled; 0: never. */
  readonly maxRequests: number;
  /** The model is loaded once, before the workers are forked. */
  readonly isPreloaded: boolean;
}

/** app/: Django and torch under gunicorn, over a Unix socket. */
export function stack(options: StackOptions): Contender<Recycled> {
  return {
    name: options.isPreloaded ? "preloaded stack" : "stack",
    start: async () => {
      const folder = mkdtempSync(join(options.folder, "g-"));
      const socket = join(folder, "s");
      const gunicorn = new Gunicorn({ ...options, folder }, socket);
      await gunicorn.started();
      return {
        address: { path: socket },
        path: "/classify",
        extraFields: {},
        labelOf: (reply) => (reply as { label: string }).label,
        processes: () =>
          treeOf(gunicorn.pid).map((pid) => ({ pid, role: pid === gunicorn.pid ? "gunicorn" : "worker" })),
        recycle: () => Promise.reject(new Error("gunicorn is not told to: its workers come due")),
        recycled: () => Promise.resolve(gunicorn.count(BOOTS) - WORKERS),
        stop: () => gunicorn.stop(),
      };
    },
  };
}

/** As gunicorn itself prints them: `name = value`. */
export function gunicornSettings(options: StackOptions): string[] {
  const env = environment(options, join(options.folder, "s"));
  const printed = execFileSync(PYTHON, [...COMMAND, "--print-config"], { env, encoding: "utf8", stdio: "pipe" });
  return printed.split("\n").flatMap((line) => (TOLD.test(line) ? [line.replace(/ *= */, " = ").trim()] : []));
}

function environment({ modelDir, folder, redisSocket, maxRequests, isPreloaded }: StackOptions, socket: string) {
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    PYTHONPYCACHEPREFIX: join(folder, "compiled"),
    MODEL_DIR: modelDir,
    SOCKET: socket,
    MAX_REQUESTS: String(maxRequests),
    PRELOAD: isPreloaded ? "1" : "0",
    ...(redisSocket === undefined ? {} : { REDIS_SOCKET: redisSocket }),
  };
}

class Gunicorn {
  readonly #child: ChildProcess;
  readonly #folder: string;
  #log = "";

  constructor(options: StackOptions, socket: string) {
    this.#folder = options.folder;
    this.#child = spawn(PYTHON, COMMAND, { stdio: ["ignore", "ignore", "pipe"], env: environment(options, socket) });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#log += text));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  count(line: RegExp): number {
    return this.#log.match(line)?.length ?? 0;
  }

  /** Resolves when all workers serve. @throws with its log where it doesn't come up. */
  async started(): Promise<void> {
    const limit = Date.now() + START_LIMIT_MS;
    while (this.count(SERVES) < WORKERS) {
      if (this.#hasEnded || Date.now() > limit) {
        await this.stop();
        throw new Error(`gunicorn did not come up:\n${this.#log}`);
      }
      await delay(20);
    }
  }

  async stop(): Promise<void> {
    if (!this.#hasEnded) {
      this.#child.kill("SIGTERM");
      const hard = setTimeout(() => this.#child.kill("SIGKILL"), STOP_LIMIT_MS);
      await once(this.#child, "exit");
      clearTimeout(hard);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
