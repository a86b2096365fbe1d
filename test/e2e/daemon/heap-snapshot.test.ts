import { globSync, readFileSync, statSync } from "node:fs";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

test("SIGUSR2 writes the daemon's heap where its owner alone can read it, and the daemon goes on", async () => {
  const daemon = await PrivateDaemon.start({ env: { WORKERS: "1" } });
  onTestFinished(() => daemon.stop().then(() => undefined));
  process.kill(daemon.pid, "SIGUSR2");
  await expect.poll(() => daemon.log, { timeout: 30_000 }).toContain("heap snapshot written");
  const [path = "", ...others] = globSync(`${daemon.folder}/state/*.heapsnapshot`);
  expect(others).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(path, "utf8"))).toHaveProperty("snapshot.node_count");
  expect((await daemon.ask("POST", "/api/classify/", { text: "where is my order?" })).status).toBe(200);
}, 60_000);
