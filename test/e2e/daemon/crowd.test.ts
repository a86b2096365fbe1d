import { createConnection } from "node:net";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

test("a crowd on the user socket leaves the control socket its room, and is told in one line", async () => {
  const daemon = await PrivateDaemon.start({ untilAnswering: true });
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  const sockets = Array.from({ length: 1200 }, () =>
    createConnection(daemon.socketPath)
      .on("error", () => undefined)
      .resume(),
  );
  await expect
    .poll(() => sockets.filter((socket) => socket.closed).length, { timeout: 10_000 })
    .toBeGreaterThanOrEqual(1200 - 1024);
  expect((await daemon.ask("GET", "/api/process/status/")).status).toBe(200);
  expect(daemon.log.match(/too many connections on the user socket/gu)).toHaveLength(1);
  for (const socket of sockets) socket.destroy();
});
