import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SSHD } from "./requirements.ts";

const UP_LIMIT_MS = 10_000;

/** An sshd of this user's own on a loopback port, with keys, configuration and home folder of its own. */
export class LoopbackSshd {
  readonly folder = mkdtempSync(join(tmpdir(), "combot-sshd-"));
  /** For `ssh -F`: it knows this machine as `here`, and by other names. */
  readonly config = join(this.folder, "config");
  /** Of whoever logs in. */
  readonly home = join(this.folder, "home");
  #said = "";
  #server: ChildProcess | undefined;

  readonly #names: readonly string[];

  private constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** @param names that it is known by beside `here`; commands see which from the address in SSH_CONNECTION. */
  static async start(names: readonly string[] = []): Promise<LoopbackSshd> {
    const sshd = new LoopbackSshd(["here", ...names]);
    await sshd.#start();
    return sshd;
  }

  /** All that sshd has logged. */
  get log(): string {
    return this.#said;
  }

  /** Where the client finds it by this name. */
  addressOf(name: string): string {
    return addressOf(this.#names.indexOf(name));
  }

  async stop(): Promise<void> {
    if (this.#server && this.#server.exitCode === null) {
      this.#server.kill();
      await once(this.#server, "exit");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    for (const name of ["key", "host_key"])
      execFileSync("/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(this.folder, name)]);
    mkdirSync(this.home);
    // What sshd wants of the system, where it is run by hand.
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const port = await freePort();
    const [type, key] = readFileSync(join(this.folder, "host_key.pub"), "utf8").split(" ");
    writeFileSync(join(this.folder, "known_hosts"), `here ${type} ${key}\n`);
    writeFileSync(join(this.folder, "sshd_config"), this.#serverText(port));
    writeFileSync(this.config, this.#clientText(port));
    this.#server = spawn(SSHD, ["-D", "-e", "-f", join(this.folder, "sshd_config")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#server.stderr?.on("data", (said: Buffer) => void (this.#said += said.toString()));
    const limit = Date.now() + UP_LIMIT_MS;
    while (!this.#said.includes("Server listening")) {
      if (this.#server.exitCode !== null || Date.now() > limit) throw new Error(`no sshd: ${this.#said}`);
      await delay(10);
    }
  }

  #serverText(port: number): string {
    const listens = this.#names.map((_, at) => `ListenAddress ${addressOf(at)}:${port}\n`).join("");
    return `${listens}HostKey ${join(this.folder, "host_key")}
AuthorizedKeysFile ${join(this.folder, "key.pub")}
PidFile none
UsePAM no
StrictModes no
SetEnv HOME=${this.home} XDG_CACHE_HOME= PATH=${process.env["PATH"]} npm_config_cache=${join(this.folder, "npm")}
`;
  }

  #clientText(port: number): string {
    const hosts = this.#names.map((name, at) => `Host ${name}\n  HostName ${addressOf(at)}\n`).join("");
    return `${hosts}Host ${this.#names.join(" ")}
  Port ${port}
  HostKeyAlias here
  User ${userInfo().username}
  IdentityFile ${join(this.folder, "key")}
  IdentitiesOnly yes
  UserKnownHostsFile ${join(this.folder, "known_hosts")}
  StrictHostKeyChecking yes
`;
  }
}

/** All of 127.0.0.0/8 is this machine. ssh shares a connection between names of one address, and not between these. */
function addressOf(at: number): string {
  return `127.0.0.${at + 1}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
