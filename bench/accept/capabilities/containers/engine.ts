import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const UNIFIED = "/sys/fs/cgroup/unified";
const CALL_LIMIT_MS = 180_000;
/** Podman raises these limits, which takes a right that root may not have. */
export const SETTINGS = '[containers]\ndefault_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]\n';
/** What Podman says on a machine without systemd, and does without. */
const WITHOUT_SYSTEMD = /healthcheck|not a shared mount/;

/** Podman, with what it needs on machines that are containers themselves. */
export class Engine {
  /** Podman as one program, for those that start it themselves. */
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #keeper: ChildProcess | undefined;
  readonly #before: readonly string[];
  readonly #folder: string;

  /** @param before words of a shell, before the command. */
  private constructor(folder: string, before: readonly string[], env: NodeJS.ProcessEnv, keeper?: ChildProcess) {
    this.#folder = folder;
    this.#before = before;
    this.#keeper = keeper;
    this.env = env;
    this.program = join(folder, before.length === 0 ? "podman" : `podman-${before.length}`);
    writeFileSync(this.program, `#!/bin/sh\nexec ${[...before, "podman"].join(" ")} "$@"\n`, { mode: 0o755 });
  }

  static async start(folder: string): Promise<Engine> {
    const path = join(folder, "containers.conf");
    writeFileSync(path, SETTINGS);
    const env = { ...process.env, CONTAINERS_CONF: path };
    if (!hasControllers()) return new Engine(folder, [], env);
    // crun refuses cgroup v1 where v2 has controllers as well, used or not: a mount namespace doesn't show it those.
    const script = `umount ${UNIFIED} && echo ready && exec sleep infinity`;
    const keeper = spawn("unshare", ["--mount", "sh", "-c", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(keeper.stdout, "data");
    return new Engine(folder, ["nsenter", `--target=${keeper.pid}`, "--mount", '--wd="$PWD"'], env, keeper);
  }

  /** Podman of another user, who finds SETTINGS in the home folder. */
  as(user: string, home: string): Engine {
    const own = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: home, XDG_RUNTIME_DIR: join(home, "run") };
    const env = Object.entries(own).map(([name, value]) => `${name}=${value}`);
    // Podman would look into the folder that it is started in.
    const there = ["env", "--ignore-environment", "--chdir", home, ...env];
    return new Engine(this.#folder, [...this.#before, "runuser", "--user", user, "--", ...there], process.env);
  }

  async run(...args: readonly string[]): Promise<string> {
    // conmon leaves a file "oom" where it was started.
    const options = { cwd: this.#folder, env: this.env, timeout: CALL_LIMIT_MS, maxBuffer: 2 ** 26 };
    return (await promisify(execFile)(this.program, args, options)).stdout;
  }

  /** @returns null where it failed, as where there is none to remove. */
  async tryTo(...args: readonly string[]): Promise<string | null> {
    return this.run(...args).catch(() => null);
  }

  /** What Podman complains of, failed or not; nothing where all is well. */
  async saidBy(...args: readonly string[]): Promise<string> {
    const options = { cwd: this.#folder, env: this.env, timeout: CALL_LIMIT_MS };
    const done = promisify(execFile)(this.program, args, options);
    const said = await done.then(
      ({ stderr }) => stderr,
      (error: Error & { stderr?: string }) => error.stderr ?? error.message,
    );
    return said
      .split("\n")
      .filter((line) => line.trim() !== "" && !WITHOUT_SYSTEMD.test(line))
      .join(" ");
  }

  /** A field of a container, as a Go template. */
  async field(container: string, template: string): Promise<string> {
    return (await this.run("container", "inspect", "--format", template, container)).trim();
  }

  end(): void {
    this.#keeper?.kill("SIGKILL");
  }
}

function hasControllers(): boolean {
  const path = `${UNIFIED}/cgroup.controllers`;
  return existsSync(path) && readFileSync(path, "utf8").trim() !== "";
}
