import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";

const START_LIMIT_MS = 60_000;
const EXIT_USAGE = 2;

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** combot on a Node, with sockets and a state of its own. */
class Site {
  readonly folder: string;
  readonly #node: string;
  readonly #program: string;

  constructor(node: string, program: string, scratch: string) {
    this.#node = join(node, "bin", "node");
    this.#program = join(program, "bin", "run.js");
    this.folder = mkdtempSync(join(scratch, "site-"));
  }

  get #environment(): NodeJS.ProcessEnv {
    const { folder } = this;
    const socket = join(folder, "run", "combot.sock");
    return { PATH: process.env["PATH"], HOME: folder, COMBOT_SOCKET: socket, COMBOT_STATE_DIR: join(folder, "state") };
  }

  start() {
    const env = { ...this.#environment, REDIS_URL: "off" };
    return spawn(this.#node, [this.#program, "daemon", "--log-level", "warn"], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }

  run(...args: string[]): Promise<Ran> {
    return runNode(this.#node, [this.#program, ...args], this.#environment);
  }

  /** @throws where it does not end with 0. */
  async combot(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...args);
    if (status !== 0) throw new Error(`combot ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
    return stdout;
  }
}

function runNode(node: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(node, [...args], { env }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

/** A daemon that classifies a text and keeps what happened in its journal. @returns the version it ran on. */
export async function works(node: string, program: string, scratch: string): Promise<string> {
  const site = new Site(node, program, scratch);
  const daemon = site.start();
  try {
    await untilHealthy(site);
    const answer = await site.combot("classify", "where is my parcel??");
    if (!answer.startsWith("order_status\t")) throw new Error(`classified as ${answer}`);
    await site.combot("cleanup", "--level", "soft", "--yes");
    // A decision of this run is told from memory; a backup has it from the journal.
    await site.combot("backup");
    await site.combot("history");
  } finally {
    daemon.kill();
    await once(daemon, "exit");
  }
  if (daemon.exitCode !== 0) throw new Error(`the daemon ended with ${daemon.exitCode ?? daemon.signalCode}`);
  requireRows(join(site.folder, "state", "journal.db"));
  return (JSON.parse(readFileSync(join(node, "package.json"), "utf8")) as { version: string }).version;
}

async function untilHealthy(site: Site): Promise<void> {
  const limit = performance.now() + START_LIMIT_MS;
  for (;;) {
    const { status, stdout, stderr } = await site.run("status", "--json");
    if (status === 0 && isHealthy(stdout)) return;
    if (performance.now() > limit) throw new Error(`it is not healthy: ${stdout}${stderr}`);
    await delay(100);
  }
}

/** Also the journal, without which it serves all the same. */
function isHealthy(json: string): boolean {
  const { health } = JSON.parse(json) as { health: { status: string; checks: Record<string, { detail: string }> } };
  return health.status === "ok" && health.checks["database"]?.detail === "sqlite up";
}

function requireRows(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  for (const table of ["combot_decisions", "combot_minutes", "combot_texts"]) {
    const count = Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"]);
    if (count === 0) throw new Error(`${path}: ${table} has no row`);
  }
  database.close();
}

/** @returns what it said. @throws where it is no refusal in a line. */
export async function refused(node: string, program: string): Promise<string> {
  const args = [join(program, "bin", "run.js"), "status"];
  const { status, stdout, stderr } = await runNode(join(node, "bin", "node"), args, process.env);
  if (status === EXIT_USAGE && stdout === "" && /^combot needs Node .*\n$/.test(stderr)) return stderr.trim();
  throw new Error(`no refusal: ended with ${status}\n${stdout}${stderr}`);
}
