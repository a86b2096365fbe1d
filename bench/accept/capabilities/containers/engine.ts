import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const UNIFIED = "/sys/fs/cgroup/unified";
const CALL_LIMIT_MS = 120_000;

/** Podman, with what it needs on machines that are containers themselves. */
export class Engine {
  readonly #before: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #keeper: ChildProcess | undefined;

  private constructor(before: readonly string[], env: NodeJS.ProcessEnv, keeper: ChildProcess | undefined) {
    this.#before = before;
    this.#env = env;
    this.#keeper = keeper;
  }

  static async start(folder: string): Promise<Engine> {
    const path = join(folder, "containers.conf");
    // Podman raises these limits, which takes a right that root may not have.
    writeFileSync(path, '[containers]\ndefault_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]\n');
    const env = { ...process.env, CONTAINERS_CONF: path };
    if (!hasControllers()) return new Engine([], env, undefined);
    // crun refuses cgroup v1 where v2 has controllers as well, used or not: a mount namespace doesn't show it those.
    const script = `umount ${UNIFIED} && echo ready && exec sleep infinity`;
    const keeper = spawn("unshare", ["--mount", "sh", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(keeper.stdout, "data");
    return new Engine(["nsenter", "--target", String(keeper.pid), "--mount"], env, keeper);
  }

  async run(...args: readonly string[]): Promise<string> {
    const [command, ...rest] = [...this.#before, "podman", ...args];
    const options = { env: this.#env, timeout: CALL_LIMIT_MS, maxBuffer: 2 ** 26 };
    return (await promisify(execFile)(command!, rest, options)).stdout;
  }

  /** @returns null where it failed, as where there is none to remove. */
  async tryTo(...args: readonly string[]): Promise<string | null> {
    return this.run(...args).catch(() => null);
  }

  end(): void {
    this.#keeper?.kill("SIGKILL");
  }
}

function hasControllers(): boolean {
  const path = `${UNIFIED}/cgroup.controllers`;
  return existsSync(path) && readFileSync(path, "utf8").trim() !== "";
}

/** What a part has to do with. */
export interface Stage {
  readonly engine: Engine;
  readonly folder: string;
  readonly image: string;
}
