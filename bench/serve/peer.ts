import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../../scripts/support/free-port.ts";
import { treeOf } from "../../scripts/support/process-tree.ts";
import type { Contender, ContenderOptions } from "./contender.ts";
import { findPm2 } from "./pm2.ts";

const SERVER = fileURLToPath(new URL("peer/server.js", import.meta.url));
const PROCESSES = 2;
const START_LIMIT_MS = 60_000;

/** What a Node user would write: peer/server.js in two processes under pm2's cluster mode, over loopback TCP. */
export function peer({ model, folder }: ContenderOptions): Contender {
  return {
    name: "peer",
    start: async () => {
      mkdirSync(folder, { recursive: true });
      const home = mkdtempSync(join(folder, "pm2-"));
      const port = await freePort();
      const env = {
        PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
        HOME: home,
        PM2_HOME: home,
        PM2_DISABLE_VERSION_CHECK: "true",
        ORT_DISABLE_TELEMETRY: "1",
        MODEL_DIR: model.dir,
        MODEL_FILE: model.modelPath,
        PORT: String(port),
      };
      const pm2 = async (...args: string[]): Promise<void> => {
        await promisify(execFile)(process.execPath, [findPm2(), ...args, "--silent"], { env });
      };
      const stop = async (): Promise<void> => {
        await pm2("kill");
        rmSync(home, { recursive: true, force: true });
      };
      try {
        // Both have said that they listen when this returns: the first connections are shared out evenly.
        const cluster = ["--instances", String(PROCESSES), "--wait-ready", "--listen-timeout", String(START_LIMIT_MS)];
        await pm2("start", SERVER, "--name", "peer", ...cluster);
      } catch (error) {
        await stop();
        throw error;
      }
      const managerPid = Number(readFileSync(join(home, "pm2.pid"), "utf8"));
      return {
        address: { host: "127.0.0.1", port },
        path: "/classify",
        extraFields: {},
        labelOf: (reply) => (reply as { label: string }).label,
        processes: () => treeOf(managerPid).map((pid) => ({ pid, role: pid === managerPid ? "pm2" : "app" })),
        recycle: () => pm2("reload", "peer"),
        stop,
      };
    },
  };
}
