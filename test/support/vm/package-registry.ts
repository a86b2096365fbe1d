import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { freePort } from "../../../scripts/support/free-port.ts";
import { vmFolder, wrapped } from "./folder.ts";
import { Program } from "./program.ts";

const VERDACCIO = "verdaccio@6";
const LISTENS_LIMIT_MS = 60_000;

/**
 * An npm registry (Verdaccio) on this machine's loopback: what is published to it, and of everything else what the
 * registry that npm uses here has.
 */
export class PackageRegistry {
  readonly url: string;
  readonly #folder: string;
  readonly #program: Program;

  private constructor(url: string, folder: string, program: Program) {
    this.url = url;
    this.#folder = folder;
    this.#program = program;
  }

  static async start(): Promise<PackageRegistry> {
    const program = vmFolder("verdaccio");
    await execa(...wrapped("npm", ["install", "--silent", "--prefix", program, VERDACCIO]));
    const folder = mkdtempSync(join(tmpdir(), "combot-registry-"));
    const storage = vmFolder("verdaccio-storage");
    // Of combot only what is published from now on.
    rmSync(join(storage, "combot"), { recursive: true, force: true });
    const url = `http://127.0.0.1:${await freePort()}/`;
    const [{ stdout: uplink }, { stdout: authority }] = await Promise.all([
      execa("npm", ["config", "get", "registry"]),
      execa("npm", ["config", "get", "cafile"]),
    ]);
    const config = join(folder, "config.yaml");
    writeFileSync(config, settings(url, uplink, storage));
    const trusted = authority === "null" ? [] : [`NODE_EXTRA_CA_CERTS=${authority}`];
    const bin = join(program, "node_modules", ".bin", "verdaccio");
    const command = [...trusted, process.execPath, bin, "--config", config];
    const registry = new PackageRegistry(url, folder, new Program("env", command, join(folder, "log")));
    await registry.#listens();
    return registry;
  }

  /** As a machine reaches it that is online. */
  get fromGuests(): string {
    return this.url.replace("127.0.0.1", "10.0.2.2");
  }

  async publish(archive: string): Promise<void> {
    const config = join(this.#folder, "npmrc");
    // npm sends nothing without a token; which one is not asked.
    writeFileSync(config, `${this.url.replace("http:", "")}:_authToken=any\n`);
    await execa("npm", ["publish", "--silent", "--registry", this.url, "--userconfig", config, archive]);
  }

  async stop(): Promise<void> {
    await this.#program.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #listens(): Promise<void> {
    for (const until = performance.now() + LISTENS_LIMIT_MS; performance.now() < until; await delay(200)) {
      if (this.#program.hasEnded) break;
      const reply = await fetch(`${this.url}-/ping`).catch(() => undefined);
      if (reply?.ok) return;
    }
    throw new Error("the package registry does not start");
  }
}

function settings(url: string, uplink: string, storage: string): string {
  return JSON.stringify({
    storage,
    listen: url.replace(/^http:\/\/|\/$/g, ""),
    uplinks: { above: { url: uplink, cache: true, maxage: "1d" } },
    packages: { combot: { access: "$all", publish: "$all" }, "**": { access: "$all", proxy: "above" } },
    max_body_size: "256mb",
    web: { enable: false },
    log: { type: "stdout", format: "pretty", level: "warn" },
  });
}
