import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface KnownServer {
  readonly url: string;
  stop(): void;
}

const PROGRAM = fileURLToPath(new URL("known-server-process.ts", import.meta.url));

/** In a process of its own, so that nothing of whoever asks it makes it late. */
export async function startKnownServer(delayMs: number): Promise<KnownServer> {
  const child = fork(PROGRAM, [String(delayMs)]);
  const [port] = (await once(child, "message")) as [number];
  return { url: `http://127.0.0.1:${port}`, stop: () => void child.kill() };
}
