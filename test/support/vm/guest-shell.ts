import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { vmFolder } from "./folder.ts";
import { Program } from "./program.ts";

export interface Ran {
  /** null where ssh itself was ended. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Who runs it; root otherwise. */
  readonly user?: "ops" | "clerk" | "lead" | "stranger";
  readonly input?: string | Uint8Array;
  readonly limitMs?: number;
  /** Each line that it prints, on either stream, as it comes. */
  readonly onLine?: (line: string) => void | Promise<void>;
}

const COMMAND_LIMIT_MS = 3_600_000;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A shell in a machine, over one ssh connection: logging in takes a guest seconds when its instructions are translated. */
export class GuestShell {
  readonly #port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "combot-ssh-"));
  #master: Program | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  get #base(): string[] {
    const options = {
      ControlPath: join(this.#folder, "master"),
      StrictHostKeyChecking: "no",
      UserKnownHostsFile: "/dev/null",
      LogLevel: "ERROR",
      // A machine that stands still for another's measurement is none that is gone.
      ServerAliveInterval: "60",
      ServerAliveCountMax: "30",
    };
    return Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  }

  /** Whether a connection stands after one try. */
  async connect(): Promise<boolean> {
    await this.close();
    const key = join(vmFolder(), "key");
    chmodSync(key, 0o600);
    const args = [...this.#base, "-M", "-N", "-i", key, "-p", String(this.#port), "root@127.0.0.1"];
    const master = new Program("ssh", args);
    this.#master = master;
    while (!master.hasEnded) {
      const { exitCode } = await execa("ssh", [...this.#base, "-O", "check", "guest"], { reject: false });
      if (exitCode === 0) return true;
      await delay(200);
    }
    return false;
  }

  /** For a terminal's shell: logs a user in, over the same connection. */
  loginOf(user: string): string {
    return ["ssh", "-tt", ...this.#base, "guest", "su", "-l", user].map((word) => quoted(word)).join(" ");
  }

  /** Runs a script of sh. */
  async run(script: string, { user, input, limitMs = COMMAND_LIMIT_MS, onLine }: RunOptions = {}): Promise<Ran> {
    const inside = `export PATH=${PATH} LC_ALL=C.UTF-8; cd; ${script}`;
    const home = user === undefined ? "/root" : `/home/${user}`;
    const identity = user === undefined ? "" : `runuser -u ${user} -- `;
    const command = `${identity}env -i HOME=${home} USER=${user ?? "root"} sh -c ${quoted(inside)}`;
    const child = execa("ssh", [...this.#base, "guest", command], {
      reject: false,
      timeout: limitMs,
      all: onLine !== undefined,
      ...(input === undefined ? { stdin: "ignore" } : { input }),
    });
    if (onLine) for await (const line of child.iterable({ from: "all" })) await onLine(line);
    const { exitCode, stdout, stderr, timedOut } = await child;
    if (timedOut) throw new Error(`${script}: still runs after ${limitMs} ms\n${stdout}${stderr}`);
    return { status: exitCode ?? null, stdout, stderr };
  }

  /** What a script prints. @throws {Error} with all it said, where it fails. */
  async sh(script: string, options?: RunOptions): Promise<string> {
    const { status, stdout, stderr } = await this.run(script, options);
    if (status !== 0) throw new Error(`${script}: ${status ?? "no status"}\n${stdout}\n${stderr}`);
    return stdout.trimEnd();
  }

  async write(path: string, content: string): Promise<void> {
    await this.sh(`cat >${quoted(path)}`, { input: content });
  }

  async close(): Promise<void> {
    await this.#master?.kill();
    rmSync(join(this.#folder, "master"), { force: true });
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A word for a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
