import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { packageFile } from "../../src/lib/package-files.ts";

const LIMIT_MS = 120_000;
/** As documented. */
const SERVERS = "server a 10.0.0.11:8181 check\n    server b 10.0.0.12:8181 check";

export interface FrontOptions {
  /** Of the file that it reads, and its sockets. */
  readonly folder: string;
  /** By the names that it knows them by. */
  readonly servers: readonly { readonly name: string; readonly address: string }[];
  /** One of COMBOT_HOSTS. */
  readonly host: string;
  /** Put in front of the command, as `ip netns exec NAME`. */
  readonly wrapper?: readonly string[];
}

/** The documented HAProxy, on a Unix socket in place of a port with a certificate. */
export class Front {
  readonly socketPath: string;
  readonly #statsPath: string;
  readonly #child: ChildProcess;

  private constructor({ folder, wrapper = [] }: FrontOptions) {
    this.socketPath = join(folder, "front.sock");
    this.#statsPath = join(folder, "stats.sock");
    const command = [...wrapper, "haproxy", "-db", "-f", join(folder, "haproxy.cfg")];
    this.#child = spawn(command[0]!, command.slice(1), { stdio: "ignore" });
  }

  static async start(options: FrontOptions): Promise<Front> {
    const { folder, servers, host } = options;
    const changes: Record<string, string> = {
      global: `global\n    stats socket ${join(folder, "stats.sock")} level user`,
      "bind :443 ssl crt /etc/haproxy/certs/bot.pem": `bind ${join(folder, "front.sock")}`,
      "Host bot.example.com": `Host ${host}`,
      [SERVERS]: servers.map(({ name, address }) => `server ${name} ${address}:8181 check`).join("\n    "),
    };
    const documented = readFileSync(packageFile("docs/proxies/haproxy.cfg"), "utf8");
    writeFileSync(join(folder, "haproxy.cfg"), Object.entries(changes).reduce(replaceIn, documented));
    const front = new Front(options);
    for (const limit = Date.now() + LIMIT_MS; !existsSync(front.socketPath); await delay(20))
      if (Date.now() > limit) throw new Error("haproxy did not come up");
    return front;
  }

  /** Resolves when it sends calls there, or no more. */
  async until(server: string, state: "UP" | "DOWN"): Promise<void> {
    const isIt = (line: string): boolean => line.startsWith(`combot,${server},`) && line.split(",")[17] === state;
    for (const limit = Date.now() + LIMIT_MS; !(await this.#stats()).some(isIt); await delay(100))
      if (Date.now() > limit) throw new Error(`haproxy has not found ${server} ${state}`);
  }

  async #stats(): Promise<string[]> {
    const connection = createConnection(this.#statsPath);
    connection.write("show stat\n");
    return (await text(connection)).split("\n");
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

function replaceIn(config: string, [from, to]: readonly [string, string]): string {
  if (!config.includes(from)) throw new Error(`docs/proxies/haproxy.cfg has no ${from}`);
  return config.replace(from, to);
}
