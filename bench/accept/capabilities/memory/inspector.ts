import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";

interface Reply {
  readonly id: number;
  readonly result?: { readonly usedSize?: number };
  readonly error?: { readonly message: string };
}

/** For PrivateDaemon's environment: a port of the kernel's choice for the inspector that SIGUSR1 opens. */
export const INSPECTABLE = { NODE_OPTIONS: "--inspect-port=127.0.0.1:0" };

/**
 * Bytes of the daemon's heap that are in use after a full collection, read through V8's inspector, which Node opens on
 * SIGUSR1 in every process: the daemon needs no mode for it.
 */
export async function collectedHeapBytes(daemon: PrivateDaemon): Promise<number> {
  const socket = new WebSocket(await inspectorUrl(daemon));
  await once(socket, "open");
  try {
    const call = caller(socket);
    for (let round = 0; round < 3; round++) await call("HeapProfiler.collectGarbage");
    return (await call("Runtime.getHeapUsage")).usedSize ?? NaN;
  } finally {
    socket.close();
  }
}

async function inspectorUrl(daemon: PrivateDaemon): Promise<string> {
  const limit = performance.now() + 10_000;
  process.kill(daemon.pid, "SIGUSR1");
  while (performance.now() < limit) {
    const url = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(daemon.log)?.[0];
    if (url !== undefined) return url;
    await delay(20);
  }
  throw new Error("the daemon's inspector did not open");
}

function caller(socket: WebSocket): (method: string) => Promise<NonNullable<Reply["result"]>> {
  let last = 0;
  const open = new Map<number, PromiseWithResolvers<NonNullable<Reply["result"]>>>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as Reply;
    if (error) open.get(id)?.reject(new Error(error.message));
    else open.get(id)?.resolve(result ?? {});
    open.delete(id);
  });
  return (method) => {
    const answer = Promise.withResolvers<NonNullable<Reply["result"]>>();
    open.set(++last, answer);
    socket.send(JSON.stringify({ id: last, method }));
    return answer.promise;
  };
}
