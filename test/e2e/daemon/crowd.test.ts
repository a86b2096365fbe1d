import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { PrivateDaemonOptions } from "../../../scripts/support/private-daemon.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

async function startedDaemon(options: PrivateDaemonOptions = {}): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start({ untilAnswering: true, ...options });
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

function crowdOf(count: number, { socketPath }: PrivateDaemon): Socket[] {
  const sockets = Array.from({ length: count }, () =>
    createConnection(socketPath)
      .on("error", () => undefined)
      .resume(),
  );
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return sockets;
}

test("a crowd of 2,000 is served, each on its own connection", async () => {
  const daemon = await startedDaemon();
  const sockets = crowdOf(2000, daemon);
  const replies = sockets.map(
    (socket) =>
      new Promise<string>((resolve) => {
        socket.once("data", (chunk: Buffer) => resolve(chunk.toString("latin1", 0, "HTTP/1.1 200".length)));
        socket.once("close", () => resolve("closed"));
      }),
  );
  for (const socket of sockets) socket.write("GET /livez HTTP/1.1\r\nHost: combot\r\n\r\n");
  expect([...new Set(await Promise.all(replies))]).toEqual(["HTTP/1.1 200"]);
  expect(daemon.log).not.toContain("too many connections");
});

test("a crowd on the user socket leaves the control socket its room, and is told in one line", async () => {
  const daemon = await startedDaemon();
  const sockets = crowdOf(4300, daemon);
  await expect
    .poll(() => sockets.filter((socket) => socket.closed).length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(4300 - 4096);
  expect((await daemon.ask("GET", "/api/process/status/")).status).toBe(200);
  expect(daemon.log.match(/too many connections on the user socket/gu)).toHaveLength(1);
});

test("where few files may be open, a crowd leaves the daemon enough of them", async () => {
  const daemon = await startedDaemon({ wrapper: ["prlimit", "--nofile=1024:1024"] });
  const sockets = crowdOf(600, daemon);
  await expect
    .poll(() => sockets.filter((socket) => socket.closed).length, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(600 - 256);
  // It takes a worker, which may not be there yet.
  expect((await daemon.ask("POST", "/api/classify/", { text: "where is my parcel" })).status).toBe(200);
});
