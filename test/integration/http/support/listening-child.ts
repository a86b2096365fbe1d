import { once } from "node:events";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { listenOnPath } from "../../../../src/daemon/sockets/listener.ts";
import { withStartLock } from "../../../../src/daemon/sockets/start-lock.ts";
import { CombotError } from "../../../../src/lib/errors.ts";

// Usage: listening-child.ts PATH listen|lock. Says that it is ready, waits for a line, then listens at PATH, or takes
// the start lock of its folder and keeps it; says how that went. SIGTERM closes it in order.

const [path = "", task] = process.argv.slice(2);
const server = createServer((_request, response) => response.end(String(process.pid)));

function say(state: string, more: object = {}): void {
  process.stdout.write(`${JSON.stringify({ state, pid: process.pid, ...more })}\n`);
}

// Its test is gone, however that ended.
process.stdin.once("end", () => process.exit());
process.once("SIGTERM", () => {
  server.close();
  process.stdin.destroy();
});

say("ready");
await once(process.stdin, "data");
try {
  if (task === "lock") {
    await withStartLock(dirname(path), () => {
      say("locked");
      return new Promise(() => undefined);
    });
  }
  await listenOnPath(server, path);
  say("up");
} catch (thrown) {
  if (!(thrown instanceof CombotError)) throw thrown;
  say("refused", { code: thrown.code, message: thrown.message });
  process.stdin.destroy();
}
