import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

/** Says each line of each datagram: Node has no such sockets. */
const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
while True:
    print(receiver.recv(65536).decode(), flush=True)
`;

test("that it is ready is told until it arrives", { timeout: 60_000 }, async () => {
  const socket = join(temporaryFolder(), "notify");
  const env = { COMBOT_MODEL_DIR: writeOddModel(temporaryFolder()), DATABASE_URL: "off", NOTIFY_SOCKET: socket };
  const daemon = await PrivateDaemon.start({ env });
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  await expect.poll(() => daemon.log, { interval: 1, timeout: 20_000 }).toContain("systemd was not told");

  const receiver = spawn("python3", ["-c", RECEIVER, socket], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void receiver.kill("SIGKILL"));
  const lines: string[] = [];
  const reader = createInterface({ input: receiver.stdout });
  reader.on("line", (line) => lines.push(line));
  while (!lines.includes("READY=1")) await once(reader, "line", { signal: AbortSignal.timeout(30_000) });
  // Told once of many that did not arrive.
  expect(daemon.log.match(/systemd was not told/g)).toHaveLength(1);
  await expect.poll(() => lines.some((line) => line.startsWith("STATUS=")), { interval: 1 }).toBe(true);
});
