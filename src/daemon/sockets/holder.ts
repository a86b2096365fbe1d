import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CONTROL_SOCKET } from "../../lib/config/socket-path.ts";
import { ENDPOINTS } from "../../lib/protocol/endpoints.ts";
import { processStatus } from "../../lib/protocol/process.ts";
import { pidsHolding, readUnixTable } from "./unix-table.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

// Not imported: as an ES module node:http hands out all of its exports, and so loads undici (7 MB, 60 ms) for nothing.
const { get } = process.getBuiltinModule("node:http");

const ASK_TIMEOUT_MS = hangLimitMs(1000);
const COMMAND_MAX_LENGTH = 160;

/**
 * Who listens at `path`, in words: `pid 123 (node …)`. Node does not offer SO_PEERCRED, so it is read from /proc, and
 * where /proc keeps it from us (another user's process, another mount namespace) the daemon there is asked.
 */
export async function describeHolder(path: string): Promise<string> {
  const pid = holderFromProc(path) ?? (await holderFromApi(path));
  if (pid === undefined) return "a process that does not say which it is";
  const command = commandOf(pid);
  return `pid ${pid}${command && ` (${command})`}`;
}

function holderFromProc(path: string): number | undefined {
  try {
    const rows = readUnixTable().filter((row) => row.listening && row.path === path);
    return pidsHolding(new Set(rows.map((row) => row.inode)))[0];
  } catch {
    return undefined; // no /proc
  }
}

async function holderFromApi(path: string): Promise<number | undefined> {
  try {
    const status: unknown = JSON.parse(await ask(join(dirname(path), CONTROL_SOCKET)));
    return processStatus.safeParse(status).data?.daemon.pid;
  } catch {
    return undefined; // not a combot, or one that is stuck
  }
}

function ask(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ASK_TIMEOUT_MS);
    const request = get({ socketPath, path: ENDPOINTS.processStatus.path, agent: false, signal }, (response) => {
      response
        .setEncoding("utf8")
        .toArray()
        .then((chunks) => resolve(chunks.join("")), reject);
    });
    request.once("error", reject);
  });
}

function commandOf(pid: number): string {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return command.length > COMMAND_MAX_LENGTH ? `${command.slice(0, COMMAND_MAX_LENGTH)}…` : command;
  } catch {
    return "";
  }
}
