import { execFileSync } from "node:child_process";
import { pino } from "pino";
import { buildServer } from "../../../../src/daemon/http/server.ts";
import { inheritedSockets } from "../../../../src/daemon/sockets/inherited.ts";
import { listenOnDescriptor } from "../../../../src/daemon/sockets/listener.ts";
import { CombotError } from "../../../../src/lib/errors.ts";
import { HEALTH } from "../../../support/sample-replies.ts";
import { recordingServices } from "./recording-services.ts";

// Usage: inheriting-child.ts [USER_SOCKET_PATH]. Serves on the sockets it has inherited; health gives its pid as the
// version. Says which it found, what is left in its environment, and what a child of its own has. SIGTERM drains it.

function say(told: object): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

// Its test is gone, however that ended.
process.stdin.resume().once("end", () => process.exit());
process.once("SIGTERM", () => process.stdin.destroy());
try {
  const sockets = inheritedSockets(process.env, process.pid, process.argv[2]);
  const { services } = recordingServices({ health: async () => ({ ...HEALTH, version: String(process.pid) }) });
  for (const access of ["user", "control"] as const) {
    const fd = sockets[access];
    if (fd === undefined) continue;
    const app = buildServer({ access, services, log: pino({ level: "silent" }), keepAliveMs: 60_000 });
    await app.ready();
    await listenOnDescriptor(app.server, fd);
    process.once("SIGTERM", () => void app.close());
  }
  const left = Object.keys(process.env).filter((name) => name.startsWith("LISTEN_"));
  const ofChild = execFileSync("readlink", ["-f", "/proc/self/fd/3", "/proc/self/fd/4"], { encoding: "utf8" });
  say({ sockets, left, childHasSocket: ofChild.includes("socket:") });
} catch (thrown) {
  if (!(thrown instanceof CombotError)) throw thrown;
  say({ code: thrown.code, message: thrown.message });
  process.stdin.destroy();
}
