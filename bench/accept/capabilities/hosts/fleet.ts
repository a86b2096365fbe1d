import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { callSocket } from "../../../../scripts/support/socket-request.ts";
import type { ClassifyReply } from "../../../../src/lib/protocol/classify.ts";
import { DeployedMachine, packProgram } from "../../../../test/support/deploy/deployed-machine.ts";
import { RedisCluster } from "../../../../test/support/redis-cluster.ts";
import { writeNamedModel } from "../../../../test/support/repository.ts";
import { SshMachines } from "../../../../test/support/ssh/ssh-machines.ts";
import { launcherScript } from "../../../../test/support/deploy/launcher.ts";
import { Machine } from "../../../../test/support/systemd/machine.ts";
import { Front } from "../../front.ts";
import { socketsOf } from "../deploy/on-machine.ts";
import { Hub } from "./hub.ts";

export const HOSTS = ["web1", "web2", "web3", "web4"] as const;
const BALANCED_HOST = "bot.example.com";
const TOKEN = "a-token-of-the-hosts-0123456789-0123456789";
export const HEADERS = { authorization: `Bearer ${TOKEN}` };
/** Models that say which one they are, on each host. */
export const MODELS = { first: "/srv/first", second: "/srv/second" } as const;

/** Of a host, in what `combot deploy --hosts --json` tells. */
export interface HostStand {
  readonly host: string;
  readonly stand: string;
  readonly detail: string;
  readonly faults: readonly string[];
  readonly version: string | null;
  readonly digest: string | null;
  readonly remark: string;
}

export interface DeployRun {
  readonly status: number | null;
  readonly hosts: readonly HostStand[];
  readonly stderr: string;
}

/** Four machines with systemd on a network of their own, behind HAProxy and before a Redis Cluster of three and three. */
export class Fleet {
  readonly hub: Hub;
  readonly machines: Machine[] = [];
  readonly ssh = new SshMachines();
  readonly #folder = mkdtempSync(join(tmpdir(), "combot-hosts-"));
  readonly #packed = packProgram();
  #front: Front | undefined;
  #cluster: RedisCluster | undefined;

  private constructor(hub: Hub) {
    this.hub = hub;
  }

  static async start(say: (progress: string) => void): Promise<Fleet> {
    const fleet = new Fleet(new Hub());
    try {
      await fleet.#start(say);
    } catch (error) {
      await fleet.end();
      throw error;
    }
    return fleet;
  }

  get front(): Front {
    return this.#front!;
  }

  get cluster(): RedisCluster {
    return this.#cluster!;
  }

  /** The program that is deployed first. */
  get program(): string {
    return join(this.#packed.folder, "bin", "run.js");
  }

  /** The same program under the next version. */
  nextProgram(): { readonly program: string; readonly version: string } {
    const folder = join(this.#folder, "next");
    cpSync(this.#packed.folder, folder, { recursive: true, verbatimSymlinks: true });
    const manifest = join(folder, "package.json");
    const described = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    const version = described.version.replace(/\d+$/u, (patch) => String(Number(patch) + 1));
    writeFileSync(manifest, JSON.stringify({ ...described, version }));
    return { program: launcherOf(folder), version };
  }

  /** A host that has one daemon's Redis, say, by hand. */
  async writeRedisUrl(url: string): Promise<void> {
    for (const machine of this.machines) machine.write("/root/redis-url", `${url}\n`, 0o600);
  }

  /** `combot deploy` on one host, by whoever is logged in there. */
  async deployOn(at: number, ...args: string[]): Promise<void> {
    const it = new DeployedMachine(this.machines[at]!, this.#packed.folder);
    const { status, stderr } = await it.deploy(...args);
    if (status !== 0) throw new Error(`the deploy on ${HOSTS[at]} failed: ${stderr}`);
  }

  /** `combot deploy --hosts` from here, host after host. */
  deploy(program: string, ...args: string[]): Promise<DeployRun> {
    return this.#overSsh("--yes", "--profile", "auto", "--batch", "1", "--wait", "2s", "--program", program, ...args);
  }

  /** What runs where. */
  status(program: string): Promise<DeployRun> {
    return this.#overSsh("--status", "--program", program);
  }

  async #overSsh(...args: string[]): Promise<DeployRun> {
    const list = ["--hosts", join(this.ssh.folder, "hosts"), "--ssh-config", this.ssh.config, "--json"];
    const child = spawn(process.execPath, [this.program, "deploy", ...list, ...args], {
      env: { ...process.env, XDG_STATE_HOME: join(this.ssh.folder, "state") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const over = once(child, "close") as Promise<[number | null]>;
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), over]);
    const { hosts } = (stdout.startsWith("{") ? JSON.parse(stdout) : {}) as { hosts?: HostStand[] };
    if (hosts === undefined)
      throw new Error(`combot deploy ${args.join(" ")} ended with ${status}: ${stdout}${stderr}`);
    return { status, hosts, stderr };
  }

  /** What one of the daemons says, past the balancer. */
  async classifyOn(at: number, asked: string): Promise<ClassifyReply["results"][number]> {
    const { user: socketPath } = socketsOf(new DeployedMachine(this.machines[at]!, this.#packed.folder));
    const body = { text: asked };
    const reply = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body });
    if (reply.status !== 200) throw new Error(`${HOSTS[at]}: ${reply.status} ${reply.text}`);
    return (JSON.parse(reply.text) as ClassifyReply).results[0]!;
  }

  async allUp(): Promise<void> {
    for (const name of HOSTS.slice(0, this.machines.length)) await this.front.until(name, "UP");
  }

  async end(): Promise<void> {
    await this.#front?.end();
    await Promise.all(this.machines.map((machine) => machine.stop()));
    await this.#cluster?.end();
    this.hub.remove();
    this.ssh.remove();
    this.#packed.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(say: (progress: string) => void): Promise<void> {
    const { hub } = this;
    say("a Redis Cluster of three masters and three replicas");
    this.#cluster = await RedisCluster.start({ replicas: 1, address: hub.address, wrapper: hub.wrapper });
    for (const [name, folder] of Object.entries(MODELS)) writeNamedModel(join(this.#folder, folder), name);
    for (const [at, name] of HOSTS.entries()) {
      say(`${name}: boots, and is deployed to by hand`);
      const machine = await Machine.boot();
      this.machines.push(machine);
      hub.connect(machine, at);
      await this.ssh.add(name, machine);
      for (const folder of Object.values(MODELS)) {
        await machine.sh("cp", "-r", join(this.#folder, folder), folder);
        await machine.sh("chmod", "-R", "a+rX", folder);
      }
      machine.write("/etc/combot/combot.env", settingsOf(hub.addressOf(at)), 0o640);
      machine.write("/etc/combot/credentials/token", TOKEN, 0o600);
      machine.write("/root/redis-url", `${this.cluster.url}\n`, 0o600);
      await this.deployOn(at, "--redis-url-file", "/root/redis-url");
    }
    writeFileSync(join(this.ssh.folder, "hosts"), `${HOSTS.join("\n")}\n`);
    const servers = HOSTS.map((name, at) => ({ name, address: hub.addressOf(at) }));
    this.#front = await Front.start({ folder: this.#folder, servers, host: BALANCED_HOST, wrapper: hub.wrapper });
    await this.allUp();
    await delay(1000);
  }
}

/** A command that every host can run, where the program's folder is seen. */
function launcherOf(folder: string): string {
  const file = join(folder, "launch");
  writeFileSync(file, launcherScript(join(folder, "bin", "run.js")), { mode: 0o755 });
  return file;
}

/** As docs/proxies.md and docs/proxies/haproxy.cfg have it. */
function settingsOf(address: string): string {
  const lines = [`COMBOT_LISTEN=${address}:8181`, `COMBOT_HOSTS=${BALANCED_HOST}`, "COMBOT_TOKEN_FILE=token"];
  return `${[...lines, "DRAIN_DELAY=3"].join("\n")}\n`;
}
