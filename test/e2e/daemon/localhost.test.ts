import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../scripts/support/free-port.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { ask, requestBytes, Wire } from "../../integration/http/support/wire.ts";

const isRoot = process.getuid?.() === 0;
const HEALTH = { path: "/api/health/" };

/** A network of its own, in which loopback has no ::1. */
const WITHOUT_IPV6 = [
  "unshare",
  "--net",
  "sh",
  "-c",
  'echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6 && ip link set lo up && exec "$@"',
  "sh",
];

async function startOn(listen: string, wrapper: readonly string[] = []): Promise<PrivateDaemon> {
  const env = { COMBOT_LISTEN: listen, PRELOAD: "false" };
  const daemon = await PrivateDaemon.start({ env, wrapper, untilAnswering: true });
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

describe("COMBOT_LISTEN=localhost", () => {
  test("is both loopback addresses: both answer, and both are told", async () => {
    const port = await freePort();
    const daemon = await startOn(`localhost:${port}`);
    for (const host of ["127.0.0.1", "::1"])
      expect([host, (await ask({ host, port }, HEALTH)).status]).toEqual([host, 200]);
    await expect.poll(() => daemon.log, { interval: 1 }).toContain(`"tcp":"127.0.0.1:${port}, [::1]:${port}"`);
  });

  test("ends in order while connections of both are kept", async () => {
    const port = await freePort();
    const daemon = await startOn(`localhost:${port}`);
    for (const host of ["127.0.0.1", "::1"]) {
      const wire = new Wire({ host, port });
      onTestFinished(() => wire.end());
      expect((await wire.send(requestBytes(HEALTH)).reply())?.status).toBe(200);
    }
    process.kill(daemon.pid, "SIGTERM");
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
  });

  test("is refused where one of them is taken", async () => {
    const other = createServer().listen({ host: "::1", port: 0 });
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await expect(startOn(`localhost:${port}`)).rejects.toThrow(
      `COMBOT_LISTEN=localhost:${port}: something listens there already`,
    );
  });

  test.runIf(isRoot && spawnSync("unshare", ["--net", "true"]).status === 0)("is the one that there is", async () => {
    const daemon = await startOn("localhost:8085", WITHOUT_IPV6);
    await expect.poll(() => daemon.log, { interval: 1 }).toContain('"tcp":"127.0.0.1:8085"');
  });
});
