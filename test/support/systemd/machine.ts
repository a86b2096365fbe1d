import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { makeCgroups } from "./cgroups.ts";
import type { Cgroups } from "./cgroups.ts";
import { missingParts } from "./requirements.ts";

const SCRIPT = fileURLToPath(new URL("machine.sh", import.meta.url));
const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

const BOOT_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 20_000;

export interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Another user of the machine, by name. */
  readonly user?: string;
}

/**
 * A machine that lives for one test: a real systemd over a copy-on-write view of this machine's files, with cgroups,
 * network and processes of its own. Everything installed here is there, nothing enabled here is, and what is written
 * there is forgotten. Its root is root on this kernel: it keeps tests apart, not attackers.
 */
export class Machine {
  readonly #layer: string;
  readonly #cgroups: Cgroups;
  readonly #keeper: ChildProcess;
  #said = "";

  private constructor(files: string) {
    this.#layer = mkdtempSync(join(tmpdir(), "combot-machine-"));
    this.#cgroups = makeCgroups(`combot-machine.${process.pid}.${this.#layer.slice(-6)}`);
    // However this process ends, the kernel ends the keeper with it, and with the keeper all that it has started.
    const command = ["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", "--net"];
    const stage = ["sh", SCRIPT, "keep", this.#layer, PROJECT, ...this.#cgroups.paths];
    // Detached: the terminal's Ctrl-C is for the test, which then stops the machine in order.
    this.#keeper = spawn("setpriv", [...command, ...stage], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, MACHINE_ROOT: files },
    });
    for (const stream of [this.#keeper.stdout, this.#keeper.stderr])
      stream?.setEncoding("utf8").on("data", (said: string) => void (this.#said += said));
  }

  /**
   * Resolves when all units have started that a boot starts.
   *
   * @param files whose the machine has: this machine's, or a folder with another Debian, of which the checkout is no part.
   */
  static async boot(files = "/"): Promise<Machine> {
    const missing = missingParts();
    if (missing.length > 0) throw new Error(`no machine can be booted here: ${missing.join("; ")}`);
    const machine = new Machine(files);
    try {
      await machine.#whenUp();
      return machine;
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  /** Of the machine's PID 1, as this machine counts. */
  get pid(): number {
    const [boot] = childrenOf(this.#keeper.pid ?? 0);
    const [init] = boot === undefined ? [] : childrenOf(boot);
    if (init === undefined) throw new Error(`the machine is not up: ${this.#said}`);
    return init;
  }

  /** One of its files as a path of this machine: to read, to write, to connect to. Absolute links lead astray. */
  path(inside: string): string {
    return `/proc/${this.pid}/root${inside}`;
  }

  read(path: string): string {
    return readFileSync(this.path(path), "utf8");
  }

  write(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content, { mode });
  }

  /** Starts a command in a scope of its own, with this process's PATH. */
  start(command: readonly string[], { cwd = "/", env = {}, user, input }: RunOptions = {}): ChildProcess {
    const enter = `for cgroup in ${this.#cgroups.entrances.join(" ")}; do echo $$ >"$cgroup/cgroup.procs"; done; exec "$@"`;
    const namespaces = ["nsenter", "-t", String(this.pid), "-m", "-u", "-i", "-n", "-p", "-C", "--"];
    const identity = user === undefined ? [] : ["--uid", user];
    const scope = ["systemd-run", "--quiet", "--scope", "--collect", ...identity, "--working-directory", cwd, "--"];
    return spawn("sh", ["-c", enter, "sh", ...namespaces, ...scope, ...command], {
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: "/root", LANG: "C.UTF-8", ...env },
    });
  }

  async run(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const child = this.start(command, options);
    child.stdin?.end(options.input);
    const read = (stream: ChildProcess["stdout"]): Promise<string> => (stream ? text(stream) : Promise.resolve(""));
    const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    const [[status, signal], stdout, stderr] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
    return { status, signal, stdout, stderr };
  }

  /** What the command prints. @throws {Error} with all it said, where it fails. */
  async sh(...command: string[]): Promise<string> {
    const { status, signal, stdout, stderr } = await this.run(command);
    if (status !== 0) throw new Error(`${command.join(" ")}: ${signal ?? status}\n${stdout}${stderr}`);
    return stdout.trimEnd();
  }

  /** Lets the machine have so much of one core from now on, as one without CPU credits; undefined: all there is. */
  slowDown(cores: number | undefined): void {
    this.#cgroups.limitCpu(cores);
  }

  /** A property of a unit, as `systemctl show` gives it. */
  property(unit: string, name: string): Promise<string> {
    return this.sh("systemctl", "show", "--property", name, "--value", unit);
  }

  /** The journal of a unit, messages alone. */
  journal(unit: string): Promise<string> {
    return this.sh("journalctl", "--unit", unit, "--output=cat", "--no-pager");
  }

  /** An orderly reboot: files stay, processes and /run do not. */
  async reboot(): Promise<void> {
    const before = this.pid;
    // The command dies with the machine.
    await this.run(["systemctl", "reboot"]);
    const limit = Date.now() + STOP_LIMIT_MS;
    while (existsSync(`/proc/${before}`)) {
      if (Date.now() > limit) process.kill(before, "SIGKILL");
      await delay(20);
    }
    await this.#whenUp();
  }

  /** Ends it in order or, when that takes too long, at once; nothing of it is left. */
  async stop(): Promise<void> {
    const over = this.#hasEnded() ? Promise.resolve() : once(this.#keeper, "exit");
    if (!this.#hasEnded() && this.#isUp()) await this.run(["systemctl", "poweroff", "--no-block"]);
    else this.#keeper.kill("SIGKILL");
    const inTime = await Promise.race([over.then(() => true), delay(STOP_LIMIT_MS, false, { ref: false })]);
    if (!inTime) this.#keeper.kill("SIGKILL");
    await over;
    await this.#cgroups.remove();
    rmSync(this.#layer, { recursive: true, force: true });
  }

  async #whenUp(): Promise<void> {
    const limit = Date.now() + BOOT_LIMIT_MS;
    while (!this.#isUp()) {
      if (this.#hasEnded() || Date.now() > limit) throw new Error(`systemd did not come up:\n${this.#said}`);
      await delay(20);
    }
    const { stdout } = await this.run(["systemctl", "is-system-running", "--wait"]);
    // A unit of this machine's that fails in there is no reason to stop.
    if (["running", "degraded"].includes(stdout.trim())) return;
    const { stdout: journal } = await this.run(["journalctl", "-b", "-n", "40", "--no-pager"]);
    throw new Error(`systemd says that it is ${stdout.trim()}:\n${journal}`);
  }

  /** The shell that becomes systemd has systemd's place before. */
  #isUp(): boolean {
    try {
      const name = readFileSync(`/proc/${this.pid}/comm`, "latin1").trim();
      return name === "systemd" && existsSync(this.path("/run/systemd/private"));
    } catch {
      return false;
    }
  }

  #hasEnded(): boolean {
    return this.#keeper.exitCode !== null || this.#keeper.signalCode !== null;
  }
}

function childrenOf(pid: number): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
  return listed === "" ? [] : listed.split(" ").map(Number);
}
