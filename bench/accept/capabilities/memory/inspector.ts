import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";

interface Reply {
  readonly id: number;
  readonly result?: { readonly usedSize?: number; readonly result?: { readonly value?: unknown } };
  readonly error?: { readonly message: string };
}

/** For PrivateDaemon's environment: a port of the kernel's choice for the inspector that SIGUSR1 opens. */
export const INSPECTABLE = { NODE_OPTIONS: "--inspect-port=127.0.0.1:0" };

/**
 * Bytes of the daemon's heap that are in use after a full collection, read through V8's inspector, which Node opens on
 * SIGUSR1 in every process: the daemon needs no mode for it.
 */
export async function collectedHeapBytes(daemon: PrivateDaemon): Promise<number> {
  return inspected(daemon, async (call) => {
    for (let round = 0; round < 3; round++) await call("HeapProfiler.collectGarbage");
    return (await call("Runtime.getHeapUsage")).usedSize ?? NaN;
  });
}

/** What an expression is worth in the daemon. */
export async function evaluateIn(daemon: PrivateDaemon, expression: string): Promise<unknown> {
  return inspected(daemon, async (call) => {
    const { result } = await call("Runtime.evaluate", { expression, returnByValue: true });
    return result?.value;
  });
}

type Call = (method: string, params?: object) => Promise<NonNullable<Reply["result"]>>;

async function inspected<T>(daemon: PrivateDaemon, work: (call: Call) => Promise<T>): Promise<T> {
  const socket = new WebSocket(await inspectorUrl(daemon));
  await once(socket, "open");
  try {
    return await work(caller(socket));
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

function caller(socket: WebSocket): Call {
  let last = 0;
  const open = new Map<number, PromiseWithResolvers<NonNullable<Reply["result"]>>>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as Reply;
    if (error) open.get(id)?.reject(new Error(error.message));
    else open.get(id)?.resolve(result ?? {});
    open.delete(id);
  });
  return (method, params = {}) => {
    const answer = Promise.withResolvers<NonNullable<Reply["result"]>>();
    open.set(++last, answer);
    socket.send(JSON.stringify({ id: last, method, params }));
    return answer.promise;
  };
}
