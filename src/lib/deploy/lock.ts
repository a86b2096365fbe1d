import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { CombotError, systemCodeOf } from "../errors.ts";
import { hangLimitMs } from "../slowness.ts";

const NAME = "\0combot-deploy";
const ASK_LIMIT_MS = hangLimitMs(1000);

/**
 * Runs `task` while no other deploy of this machine runs. The lock is a socket in the abstract namespace: the kernel
 * gives it back however its holder ends. Who connects is told the holder's process id.
 *
 * @throws {CombotError} `DEPLOY_RUNNING`
 */
export async function withDeployLock<T>(task: () => Promise<T>): Promise<T> {
  const lock = createServer((socket) => socket.on("error", () => undefined).end(String(process.pid)));
  lock.listen(NAME);
  try {
    await once(lock, "listening");
  } catch (thrown) {
    if (systemCodeOf(thrown) !== "EADDRINUSE") throw thrown;
    throw new CombotError("DEPLOY_RUNNING", `another deploy runs: process ${await holder()}`);
  }
  try {
    return await task();
  } finally {
    lock.close();
  }
}

async function holder(): Promise<string> {
  const socket = createConnection(NAME).setEncoding("utf8");
  socket.setTimeout(ASK_LIMIT_MS, () => socket.destroy());
  try {
    return (await socket.toArray()).join("") || "unknown";
  } catch {
    return "unknown";
  }
}
