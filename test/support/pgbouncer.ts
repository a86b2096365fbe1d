import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, chownSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { freePort } from "../../scripts/support/free-port.ts";
import { postgresOwner } from "../../scripts/support/private-postgres.ts";

const PLACES = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin"].map((folder) => join(folder, "pgbouncer"));
const UP_LIMIT_MS = 20_000;

/** Undefined where it is not installed. */
export function pgbouncerCommand(): string | undefined {
  return PLACES.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** PgBouncer with its defaults, in front of a server. */
export class PgBouncer {
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#child = child;
  }

  /** @param server the URL of a database of the server. */
  static async start(server: string, mode: "transaction" | "session"): Promise<PgBouncer> {
    const { hostname, port: serverPort, username, password, pathname } = new URL(server);
    const folder = mkdtempSync(join(tmpdir(), "pb-"));
    const { uid, gid } = postgresOwner();
    chownSync(folder, uid, gid);
    const port = await freePort();
    const config = join(folder, "pgbouncer.ini");
    writeFileSync(join(folder, "users"), `"${username}" "${password}"\n`);
    writeFileSync(
      config,
      `[databases]\n* = host=${hostname} port=${serverPort}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\n` +
        `unix_socket_dir =\nauth_file = ${join(folder, "users")}\npool_mode = ${mode}\n`,
    );
    const child = spawn(pgbouncerCommand()!, [config], { uid, gid, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const url = `postgres://${username}:${password}@127.0.0.1:${port}${pathname}`;
    for (const limit = Date.now() + UP_LIMIT_MS; Date.now() < limit; await delay(20)) {
      if (child.exitCode !== null) break;
      if (await answers(url)) return new PgBouncer(url, folder, child);
    }
    child.kill("SIGKILL");
    throw new Error(`pgbouncer did not come up: ${said}`);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
