import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export type ProxyName = "nginx" | "haproxy";

const EXAMPLES = fileURLToPath(new URL("../../docs/proxies", import.meta.url));
const UP_LIMIT_MS = 20_000;

/** One of the documented proxies: its own configuration, with ports of this machine and a certificate of the moment. */
export class Proxy {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  /** @param backends ports of the two daemons. @param folder of its own. */
  static async start(
    name: ProxyName,
    port: number,
    backends: readonly [number, number],
    folder: string,
  ): Promise<Proxy> {
    const pem = makeCertificate(folder);
    return Proxy.#run(
      name,
      port,
      name === "nginx" ? nginx(port, backends, pem, folder) : haproxy(port, backends, pem, folder),
    );
  }

  /** HAProxy that tries nothing twice: whatever a daemon refuses, its clients see. */
  static startPlain(port: number, backends: readonly [number, number], folder: string): Promise<Proxy> {
    const once = {
      "retries 3": "retries 0",
      "option redispatch 1": "no option redispatch",
      "retry-on conn-failure empty-response response-timeout 503": "retry-on none",
    };
    return Proxy.#run("haproxy", port, haproxy(port, backends, makeCertificate(folder), folder, once));
  }

  /** The nginx on combot's own machine. */
  static startLocal(port: number, socketPath: string, folder: string): Promise<Proxy> {
    const changes = { "listen 8180": `listen 127.0.0.1:${port}`, "/run/combot/combot.sock": socketPath };
    return Proxy.#run("nginx", port, nginxWith(example("nginx-local.conf", changes), folder));
  }

  static async #run(name: ProxyName, port: number, command: readonly string[]): Promise<Proxy> {
    const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    for (const limit = Date.now() + UP_LIMIT_MS; Date.now() < limit; await delay(20)) {
      if (child.exitCode !== null) break;
      if (await answers(port)) return new Proxy(port, child);
    }
    child.kill("SIGKILL");
    throw new Error(`${name} did not come up: ${said}`);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

/** Certificate and key in one file, as HAProxy wants them; nginx reads both from it too. */
function makeCertificate(folder: string): string {
  const [cert, key, both] = ["cert.pem", "key.pem", "both.pem"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...curve, "-subj", "/CN=bot.example.com", "-days", "2", "-keyout", key, "-out", cert],
    { stdio: "ignore" },
  );
  writeFileSync(both, readFileSync(cert, "utf8") + readFileSync(key, "utf8"), { mode: 0o600 });
  return both;
}

function placesOf([a, b]: readonly [number, number]): Record<string, string> {
  return { "10.0.0.11:8181": `127.0.0.1:${a}`, "10.0.0.12:8181": `127.0.0.1:${b}` };
}

function example(file: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`docs/proxies/${file} has no ${from}`);
      return text.replaceAll(from, to);
    },
    readFileSync(join(EXAMPLES, file), "utf8"),
  );
}

function nginx(port: number, backends: readonly [number, number], pem: string, folder: string): string[] {
  const changes = {
    ...placesOf(backends),
    "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
    "/etc/ssl/certs/bot.pem": pem,
    "/etc/ssl/private/bot.key": pem,
  };
  return nginxWith(example("nginx.conf", changes), folder);
}

function nginxWith(siteText: string, folder: string): string[] {
  const site = join(folder, "combot.conf");
  writeFileSync(site, siteText);
  const main = join(folder, "nginx.conf");
  // What Debian's own nginx.conf has around conf.d.
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const http = `http { access_log off; ${temporary.join(" ")} include ${site}; }`;
  writeFileSync(main, `daemon off; ${user} pid ${folder}/nginx.pid; events { worker_connections 1024; } ${http}\n`);
  return ["nginx", "-e", "stderr", "-p", folder, "-c", main];
}

function haproxy(
  port: number,
  backends: readonly [number, number],
  pem: string,
  folder: string,
  more: Readonly<Record<string, string>> = {},
): string[] {
  const file = join(folder, "haproxy.cfg");
  const changes = { "bind :443": `bind 127.0.0.1:${port}`, "/etc/haproxy/certs/bot.pem": pem };
  writeFileSync(file, example("haproxy.cfg", { ...placesOf(backends), ...changes, ...more }));
  return ["haproxy", "-db", "-f", file];
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
