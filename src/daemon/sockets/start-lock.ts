import { once } from "node:events";
import { statSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { CombotError, systemCodeOf } from "../../lib/errors.ts";
import { failureBy } from "../../lib/system-errors.ts";
import { describeHolder } from "./holder.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

const RETRY_MS = 20;
const DEFAULT_WAIT_MS = hangLimitMs(5000);

/**
 * Runs `task` while no other combot of this machine runs one for the same folder. "Is it stale? Then remove and bind"
 * is three steps: without the lock, two daemons that start together can each remove the socket that the other has just
 * bound, and both believe that they won.
 *
 * The lock is a socket in the abstract namespace, because the kernel gives it back however its holder ends, and Node
 * has no flock. It is held for the moment of binding only. Its name comes from the folder's device and inode, not from
 * its path, which may have several. Abstract names have no permissions: another user of the machine could hold this
 * one and so keep combot from starting; the error then names his process.
 *
 * @throws {CombotError} `INSTANCE_RUNNING` if it was not free within `waitMs`.
 */
export async function withStartLock<T>(folder: string, task: () => Promise<T>, waitMs = DEFAULT_WAIT_MS): Promise<T> {
  const { dev, ino } = statSync(folder, { bigint: true });
  const name = `combot-start-${dev.toString(36)}-${ino.toString(36)}`;
  const lock = await acquire(name, Math.ceil(waitMs / RETRY_MS));
  if (!lock) {
    const holder = await describeHolder(`@${name}`);
    throw new CombotError("INSTANCE_RUNNING", `another start of combot in ${folder} does not end: ${holder}`);
  }
  try {
    return await task();
  } finally {
    lock.close();
  }
}

async function acquire(name: string, tries: number): Promise<Server | undefined> {
  for (let left = tries; left > 0; left--) {
    const lock = createServer((socket) => socket.destroy());
    try {
      lock.listen(`\0${name}`);
      await once(lock, "listening");
      return lock;
    } catch (thrown) {
      const code = systemCodeOf(thrown);
      if (code !== "EADDRINUSE")
        throw failureBy(thrown, "SOCKET_UNAVAILABLE", `no socket to keep other starts out: ${code}`);
    }
    await pause(RETRY_MS);
  }
  return undefined;
}
