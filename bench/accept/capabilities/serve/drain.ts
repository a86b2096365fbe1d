import { createConnection } from "node:net";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../../scripts/support/socket-request.ts";
import { writeOddModel } from "../../../../test/support/odd-models.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** SIGTERM with 20 idle connections and 5 busy ones. */
export async function* drains(say: (progress: string) => void): AsyncGenerator<Line> {
  const modelDir = mkdtempSync(join(tmpdir(), "cm-"));
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: writeOddModel(modelDir, { slowRounds: 40 }), KEEPALIVE: "60" };
  const daemon = await PrivateDaemon.start({ env });
  try {
    const idle = await Promise.all(Array.from({ length: 20 }, () => connectIdle(daemon.socketPath)));
    const busy = Array.from({ length: 5 }, (_, i) =>
      callSocket({
        socketPath: daemon.socketPath,
        method: "POST",
        path: "/api/classify/",
        body: { text: ["alpha", "beta"][i % 2] },
      }),
    );
    await delay(50);
    say("SIGTERM with 20 idle and 5 busy connections");
    const from = performance.now();
    const { code } = await daemon.stop("SIGTERM");
    const tookS = round((performance.now() - from) / 1000);
    const answered = (await Promise.allSettled(busy)).filter(
      (one) => one.status === "fulfilled" && one.value.status === 200,
    );
    for (const socket of idle) socket.destroy();
    yield {
      what: "SIGTERM, 20 idle and 5 busy: the busy answered",
      measured: answered.length,
      target: "5",
      pass: answered.length === 5,
    };
    yield { what: "exit status", measured: String(code), target: "0", pass: code === 0 };
    yield { what: "from SIGTERM to exit, s", measured: tookS, target: "at most 5", pass: tookS <= 5 };
  } finally {
    rmSync(modelDir, { recursive: true, force: true });
  }
}

async function connectIdle(path: string) {
  const socket = createConnection(path);
  await once(socket, "connect");
  socket.write("GET /api/health/ HTTP/1.1\r\nHost: combot\r\n\r\n");
  await once(socket, "data");
  return socket;
}
