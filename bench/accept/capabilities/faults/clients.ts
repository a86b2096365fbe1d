import { createConnection } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../../scripts/support/socket-request.ts";
import type { AlertsReply } from "../../../../src/lib/protocol/alerts.ts";
import type { MetricsReport } from "../../../../src/lib/protocol/metrics.ts";
import type { Line } from "../../record.ts";

const CALLS = 2000;
const HANG_UP_EVERY = 4;
const ALERTS_JUDGED_MS = 3000;

/** One client in four hangs up at once: the others get their answers, and nothing counts as a failure. */
export async function* clients(say: (progress: string) => void): AsyncGenerator<Line> {
  const daemon = await PrivateDaemon.start({ env: { WORKERS: "1", LOG_LEVEL: "warn" } });
  try {
    say(`${CALLS} calls, of which every fourth hangs up`);
    let badly = 0;
    for (let call = 0; call < CALLS; call++) {
      if (call % HANG_UP_EVERY === 0) await hangUp(daemon.socketPath, call);
      else if ((await ask(daemon.socketPath, call)) !== 200) badly += 1;
    }
    await delay(ALERTS_JUDGED_MS);
    const { requests, errors, clientsGone } = await daemon.json<MetricsReport>("GET", "/api/metrics/");
    const { firing } = await daemon.json<AlertsReply>("GET", "/api/alerts/");
    const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
    yield { what: "calls that waited and were served badly", measured: badly, target: "0", pass: badly === 0 };
    yield { what: "calls counted as failed", measured: failed, target: "0", pass: failed === 0 };
    yield { what: "alerts that fire", measured: firing.length, target: "0", pass: firing.length === 0 };
    yield { what: "clients counted as gone", measured: clientsGone, target: "above 0", pass: clientsGone > 0 };
    const counted = requests + clientsGone;
    yield { what: "calls counted, gone ones included", measured: counted, target: `${CALLS}`, pass: counted === CALLS };
  } finally {
    await daemon.stop("SIGKILL");
  }
}

async function ask(socketPath: string, call: number): Promise<number> {
  const body = { text: `a client that waits ${call}`, noCache: true };
  return (await callSocket({ socketPath, method: "POST", path: "/api/classify/", body })).status;
}

function hangUp(socketPath: string, call: number): Promise<void> {
  const body = JSON.stringify({ text: `a client that goes ${call}`, noCache: true });
  const head = `POST /api/classify/ HTTP/1.1\r\nhost: c\r\ncontent-type: application/json\r\n`;
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    socket.on("error", () => undefined).once("close", () => resolve());
    socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`, () => socket.destroy());
  });
}
