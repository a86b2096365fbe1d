import { setTimeout as delay } from "node:timers/promises";
import type { Engine } from "./engine.ts";

const READY_LIMIT_MS = 60_000;

/** Beside COMBOT_SOCKET: it takes every call, and no token. */
const CONTROL = "/var/lib/combot/run/control.sock";

/** Asks the daemon from within its container. */
export async function readInside<T>(engine: Engine, container: string, path: string): Promise<T> {
  const options = JSON.stringify({ socketPath: CONTROL, path });
  const script = `require("node:http").get(${options}, (reply) => reply.pipe(process.stdout))`;
  return JSON.parse(await engine.run("exec", container, "node", "-e", script)) as T;
}

/** By the image's own HEALTHCHECK; each check is a Podman and a Node that start too, on the same cores. @returns whether it has become ready. */
export async function untilHealthy(engine: Engine, container: string): Promise<boolean> {
  const check = ["exec", container, "node", "/opt/combot-image/ready.js"];
  for (const limit = performance.now() + READY_LIMIT_MS; performance.now() < limit; await delay(100))
    if ((await engine.tryTo(...check)) !== null) return true;
  return false;
}
