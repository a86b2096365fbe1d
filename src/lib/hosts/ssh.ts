import { rmSync } from "node:fs";
import { join } from "node:path";
import { CombotError, messageOf } from "../errors.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { sshDestination } from "./hosts-file.ts";

const CONNECT_SECONDS = 10;
/** A connection that says nothing for so long, three times, is taken for lost. */
const ALIVE_SECONDS = 15;
/** The shared connection outlasts the pauses between batches no longer than this. */
const PERSIST_SECONDS = 60;
const CLOSE_MS = 5000;
const MAX_OUTPUT_BYTES = 16_777_216;
/** As ssh ends for reasons of its own. */
const EXIT_OF_SSH = 255;

export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What ssh said where it is no answer of the host's. */
  readonly unreachable: string | null;
}

export interface SshOptions {
  readonly timeoutMs: number;
  /** For the command's standard input. */
  readonly inputFile?: string;
  /** Gives it up: what it says then is of nobody's interest. */
  readonly signal?: AbortSignal;
}

/** The system's ssh. Each host is logged in to once a run; the sockets of those connections are this user's alone. */
export class Ssh {
  readonly #folder = makeTemporaryFolder("combot-ssh-");
  readonly #configFile: string | null;
  readonly #used = new Set<string>();
  /** However this process ends; connections that it leaves end by themselves. */
  readonly #forget = (): void => rmSync(this.#folder, { recursive: true, force: true });

  /** @param configFile in place of ~/.ssh/config, as `ssh -F` has it. */
  constructor(configFile: string | null) {
    this.#configFile = configFile;
    process.once("exit", this.#forget);
  }

  /** @throws {CombotError} `USAGE` where there is no ssh here; what fails over there is a result. */
  async run(host: string, command: readonly string[], { timeoutMs, inputFile, signal }: SshOptions): Promise<Said> {
    this.#used.add(host);
    const { execa } = await import("execa");
    // A session of its own: the terminal's Ctrl-C is for combot, which lets what has begun end in order.
    const { exitCode, stdout, stderr, timedOut, code, originalMessage } = await execa(
      "ssh",
      [...this.#options(), "-T", "--", sshDestination(host), command.map(quoted).join(" ")],
      {
        reject: false,
        detached: true,
        timeout: timeoutMs,
        maxBuffer: MAX_OUTPUT_BYTES,
        env: { LC_ALL: "C.UTF-8" },
        ...(signal && { cancelSignal: signal }),
        ...(inputFile === undefined ? { stdin: "ignore" as const } : { inputFile }),
      },
    );
    if (code === "ENOENT") throw new CombotError("USAGE", "There is no ssh here: apt-get install openssh-client.");
    if (timedOut) return failed(stdout, stderr, `no answer within ${timeoutMs / 1000} s`);
    if (exitCode === undefined) return failed(stdout, stderr, originalMessage ?? "ssh was ended");
    if (exitCode === EXIT_OF_SSH) return failed(stdout, stderr, lastLine(stderr) || "ssh ended with 255");
    return { status: exitCode, stdout, stderr, unreachable: null };
  }

  /** Ends the connections. What runs on a host is not touched by it. */
  async close(): Promise<void> {
    const { execa } = await import("execa");
    const leave = async (host: string): Promise<void> => {
      const args = [...this.#options(), "-O", "exit", "--", sshDestination(host)];
      await execa("ssh", args, { reject: false, stdin: "ignore", timeout: CLOSE_MS }).catch(messageOf);
    };
    await Promise.all([...this.#used].map(leave));
    process.removeListener("exit", this.#forget);
    this.#forget();
  }

  #options(): string[] {
    const options = {
      BatchMode: "yes",
      ConnectTimeout: CONNECT_SECONDS,
      ServerAliveInterval: ALIVE_SECONDS,
      ServerAliveCountMax: 3,
      ControlMaster: "auto",
      ControlPath: join(this.#folder, "%C"),
      ControlPersist: PERSIST_SECONDS,
      // Remarks on the console are no answers; errors are.
      LogLevel: "ERROR",
    };
    const file = this.#configFile === null ? [] : ["-F", this.#configFile];
    return [...file, ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
  }
}

function failed(stdout: string, stderr: string, unreachable: string): Said {
  return { status: EXIT_OF_SSH, stdout, stderr, unreachable };
}

/** ssh hands the host's shell one line: a word for every shell that knows single quotes. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

export function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? "";
}
