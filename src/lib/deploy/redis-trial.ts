import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CombotError } from "../errors.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { hangLimitMs } from "../slowness.ts";

const START_LIMIT_MS = hangLimitMs(10_000);
const RETRY_MS = 50;

export interface RedisTrial {
  readonly binary: string;
  readonly conf: string;
  readonly acl: string;
  /** Of user combot. */
  readonly password: string;
}

/**
 * Starts a scratch instance with the configuration that is about to be written, in a temporary folder and on no port,
 * and asks it what the daemon will ask.
 *
 * @throws {CombotError} `DEPLOY_FAILED` with what the server said.
 */
export async function tryRedis({ binary, conf, acl, password }: RedisTrial): Promise<void> {
  const { execa } = await import("execa");
  const folder = makeTemporaryFolder("combot-redis-");
  const [socket, aclFile, confFile] = ["s", "acl", "conf"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(aclFile, acl, { mode: 0o600 });
  writeFileSync(confFile, scratchConf(conf, socket, aclFile), { mode: 0o600 });
  const server = execa(binary, [confFile, "--daemonize", "no"], {
    all: true,
    reject: false,
    forceKillAfterDelay: 2000,
  });
  try {
    const replies = await Promise.race([converse(socket, password), server.then(() => null)]);
    const [login, write, read, forbidden] = replies ?? [];
    if (login === "+OK" && write === "+OK" && read === "$2" && forbidden?.startsWith("-NOPERM")) return;
    server.kill();
    const { all } = await server;
    const said = replies ? `its answers were ${replies.join(" ")}` : all.trim();
    throw new CombotError("DEPLOY_FAILED", `${binary} does not run on its configuration: ${said}`);
  } finally {
    server.kill();
    await server;
    rmSync(folder, { recursive: true, force: true });
  }
}

function scratchConf(conf: string, socket: string, aclFile: string): string {
  const own = /^(unixsocket|port|bind|aclfile|logfile)\s/;
  const kept = conf.split("\n").filter((line) => !own.test(line));
  return [...kept, `unixsocket ${socket}`, "port 0", `aclfile ${aclFile}`, ""].join("\n");
}

/** The first line of each reply to a login, a write and a read below our prefix, and a command that is forbidden. */
async function converse(socket: string, password: string): Promise<string[]> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    try {
      return await ask(socket, [
        `AUTH combot ${password}`,
        "SET combot:trial ok PX 1000",
        "GET combot:trial",
        "FLUSHALL",
      ]);
    } catch (error) {
      if (performance.now() > deadline)
        throw new CombotError("DEPLOY_FAILED", `the scratch Redis did not answer within ${START_LIMIT_MS / 1000} s`, {
          cause: error,
        });
      await delay(RETRY_MS);
    }
  }
}

async function ask(socket: string, commands: readonly string[]): Promise<string[]> {
  const connection = createConnection(socket).setEncoding("utf8");
  const wanted = commands.length + 1; // the value of GET has a line of its own
  try {
    await once(connection, "connect");
    connection.write(`${commands.join("\r\n")}\r\n`);
    let said = "";
    for await (const chunk of connection) {
      said += String(chunk);
      const lines = said.split("\r\n").slice(0, -1);
      if (lines.length >= wanted || lines.some((line) => line.startsWith("-")))
        return lines.filter((_, index) => index !== 3);
    }
    throw new Error("the connection was closed");
  } finally {
    connection.destroy();
  }
}
