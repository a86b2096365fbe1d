import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { freePort } from "./free-port.ts";

const PASSWORD = "of-this-test-alone";
const START_LIMIT_MS = 30_000;
/** Nothing here has to outlive a power cut. */
const SERVER_SETTINGS = ["fsync=off", "max_connections=20", "listen_addresses=127.0.0.1"];

/** The folder of the server's commands, the newest release's where there are several; undefined where it is not installed. */
export function postgresCommands(): string | undefined {
  const folders = [
    ...(process.env["PATH"] ?? "").split(":"),
    ...globSync("/usr/lib/postgresql/*/bin").toSorted().toReversed(),
  ];
  return folders.find((folder) => existsSync(join(folder, "initdb")));
}

/** Postgres of one's own, in a temporary folder, on a port of loopback; with a password, as a user of it has one. */
export class PrivatePostgres {
  readonly port: number;
  readonly folder: string;
  readonly #commands: string;
  readonly #settings: readonly string[];
  #server: ChildProcess | undefined;

  private constructor(folder: string, commands: string, port: number, settings: readonly string[]) {
    this.folder = folder;
    this.#commands = commands;
    this.port = port;
    this.#settings = settings;
  }

  /** @param settings beside those that every one has; may name files of the folder. */
  static async start(settings: (folder: string) => readonly string[] = () => []): Promise<PrivatePostgres> {
    const commands = postgresCommands();
    if (commands === undefined) throw new Error("Postgres is not installed: apt-get install postgresql");
    const folder = ownFolder();
    const { uid, gid } = postgresOwner();
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, PASSWORD);
    chownSync(passwordFile, uid, gid);
    const args = ["--auth-local=trust", "--auth-host=scram-sha-256", "-U", "postgres", "--pwfile", passwordFile];
    execFileSync(join(commands, "initdb"), [...args, "-E", "UTF8", "--no-sync", "-D", join(folder, "data")], {
      uid,
      gid,
      cwd: folder,
      env: { LC_ALL: "C.UTF-8" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const postgres = new PrivatePostgres(folder, commands, await freePort(), settings(folder));
    await postgres.run();
    return postgres;
  }

  /** A hot standby of this one, on a port of its own. */
  async standby(): Promise<PrivatePostgres> {
    const folder = ownFolder();
    const from = ["-h", this.folder, "-p", String(this.port), "-U", "postgres"];
    const args = [...from, "-D", join(folder, "data"), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync"];
    // Somebody may have linked the few commands that he uses into his PATH.
    const commands = dirname(realpathSync(join(this.#commands, "initdb")));
    execFileSync(join(commands, "pg_basebackup"), args, { ...postgresOwner(), cwd: folder });
    const standby = new PrivatePostgres(folder, this.#commands, await freePort(), this.#settings);
    await standby.run();
    return standby;
  }

  /** A database of this name, made where there is none. */
  async database(name: string): Promise<string> {
    const there = await this.query(`SELECT 1 FROM pg_database WHERE datname = '${name}'`);
    if (there.length === 0) await this.query(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  url(database = "postgres", password = PASSWORD): string {
    return `postgres://postgres:${password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts the server, again where it was stopped, and waits until it answers. */
  async run(): Promise<void> {
    const settings = [
      ...SERVER_SETTINGS,
      ...this.#settings,
      `port=${this.port}`,
      `unix_socket_directories=${this.folder}`,
    ];
    const args = ["-D", join(this.folder, "data"), ...settings.flatMap((setting) => ["-c", setting])];
    this.#server = spawn(join(this.#commands, "postgres"), args, {
      ...postgresOwner(),
      cwd: this.folder,
      stdio: "ignore",
    });
    const limit = Date.now() + START_LIMIT_MS;
    while (Date.now() < limit) {
      if (await this.query("SELECT 1").catch(() => undefined)) return;
      await delay(20);
    }
    throw new Error("Postgres did not come up");
  }

  /** Asks over the server's own socket, which wants no password. */
  async query(sql: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: this.folder, port: this.port, user: "postgres", database });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  /** Connections of combot that the server knows. */
  async connections(): Promise<number> {
    const [row] = await this.query("SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'combot'");
    return Number(row?.["n"]);
  }

  /** Cuts every connection of combot. */
  async cut(): Promise<void> {
    await this.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'combot'");
  }

  freeze(): void {
    this.#signalAll("SIGSTOP");
  }

  thaw(): void {
    this.#signalAll("SIGCONT");
  }

  /** SIGINT is Postgres' fast shutdown, SIGKILL its crash. */
  async end(signal: "SIGINT" | "SIGKILL" = "SIGINT"): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    if (signal === "SIGKILL") this.#signalAll("SIGKILL");
    else server.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    this.thaw();
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #signalAll(signal: NodeJS.Signals): void {
    const server = this.#server?.pid;
    if (server === undefined || this.#server?.exitCode !== null || this.#server.signalCode !== null) return;
    const children = readFileSync(`/proc/${server}/task/${server}/children`, "utf8").trim().split(" ").filter(Boolean);
    for (const pid of [server, ...children.map(Number)]) {
      try {
        process.kill(pid, signal);
      } catch {
        // One that has just ended needs no signal.
      }
    }
  }
}

/** One that its user can write, and nobody else read. */
function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cp-"));
  const { uid, gid } = postgresOwner();
  chownSync(folder, uid, gid);
  chmodSync(folder, 0o700);
  return folder;
}

/** Postgres refuses to run as root. */
export function postgresOwner(): { uid: number; gid: number } {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid !== 0) return { uid, gid };
  const [, , theirUid, theirGid] = (/^postgres:.*$/m.exec(readFileSync("/etc/passwd", "utf8"))?.[0] ?? "").split(":");
  if (theirUid === undefined) throw new Error("there is no user postgres to run the server as");
  return { uid: Number(theirUid), gid: Number(theirGid) };
}
