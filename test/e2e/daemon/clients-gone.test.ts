import { createConnection } from "node:net";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import type { MetricsReport } from "../../../src/lib/protocol/metrics.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const CLIENTS = 60;

function callBytes(index: number): string {
  const body = JSON.stringify({ text: `hang up ${index}` });
  const headers = `host: c\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return `POST /api/classify/ HTTP/1.1\r\n${headers}\r\n\r\n${body}`;
}

// At debug the calls go the long way, and each has a line of its own.
test.each(["debug", "info"])(
  "clients that hang up are no failures: counted by themselves, in no other figure, log level %s",
  async (logLevel) => {
    const daemon = await PrivateDaemon.start({ env: { WORKERS: "1", LOG_LEVEL: logLevel } });
    onTestFinished(async () => void (await daemon.stop("SIGKILL")));
    const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    const pid = workers[0]?.pid ?? 0;
    process.kill(pid, "SIGSTOP");
    for (let index = 0; index < CLIENTS; index++) {
      const socket = createConnection(daemon.socketPath);
      socket.on("error", () => undefined).write(callBytes(index), () => socket.destroy());
    }
    const report = (): Promise<MetricsReport> => daemon.json<MetricsReport>("GET", "/api/metrics/");
    await expect.poll(async () => (await report()).clientsGone, { timeout: 10_000 }).toBe(CLIENTS);
    process.kill(pid, "SIGCONT");
    const body = { text: "one that waits" };
    const call = { socketPath: daemon.socketPath, method: "POST", path: "/api/classify/", body };
    expect((await callSocket(call)).status).toBe(200);
    expect(await report()).toMatchObject({ requests: 1, errors: {}, clientsGone: CLIENTS });
    const page = (await daemon.ask("GET", "/metrics")).text;
    expect(page).toContain(`combot_clients_gone_total ${CLIENTS}`);
    expect(page).toContain("combot_requests_total 1\n");
    expect(page).toContain("combot_failures_total 0\n");
    if (logLevel === "debug") expect(daemon.log.match(/"status":499.*client hung up/gu)).toHaveLength(CLIENTS);
  },
);
