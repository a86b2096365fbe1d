import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { waitHealthy } from "../../../src/lib/deploy/health.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** A limit that a daemon which loads this model is past at the first look. */
const LIMIT_MS = 1;

async function startAnswering(modelDir: string): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start({
    env: { LOG_LEVEL: "error", WORKERS: "1", COMBOT_MODEL_DIR: modelDir },
    untilAnswering: true,
  });
  onTestFinished(() => daemon.stop().then(() => undefined));
  return daemon;
}

function wait({ socketPath, controlPath }: PrivateDaemon, onWait: (found: string) => void): Promise<void> {
  return waitHealthy(LIMIT_MS, onWait, { path: socketPath, controlPath });
}

test("a daemon that says it loads is waited for beyond any limit, and what it does is told", async () => {
  const daemon = await startAnswering(writeOddModel(join(temporaryFolder(), "slow"), { slowRounds: 400 }));
  const told: string[] = [];
  await wait(daemon, (found) => told.push(found));
  expect(told).toContainEqual(expect.stringMatching(/model unhealthy loading: trying .*model\.onnx/));
  expect(await daemon.json("GET", "/api/health/")).toMatchObject({ status: "ok" });
});

test("one whose model does not come to serve is given up, with what it says", async () => {
  const dir = writeOddModel(join(temporaryFolder(), "fatal"), { fatal: true, variant: Infinity });
  const daemon = await startAnswering(dir);
  await expect(wait(daemon, () => undefined)).rejects.toMatchObject({
    code: "DEPLOY_FAILED",
    message: expect.stringMatching(/it is not healthy: .*model unhealthy (?!loading)/) as string,
  });
});

test("one that does not answer is given up at the limit", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "nobody.sock"), "");
  const sockets = { path: join(folder, "nobody.sock"), controlPath: join(folder, "control.sock") };
  await expect(waitHealthy(LIMIT_MS, () => undefined, sockets)).rejects.toMatchObject({ code: "DEPLOY_FAILED" });
});
