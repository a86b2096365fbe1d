import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

test("a model that is asked seldom is computed beside a busy one's long batch, and once at a time", async () => {
  const models = temporaryFolder();
  for (const [name, slowRounds] of [
    ["long", 1000],
    ["short", 1],
  ] as const) {
    mkdirSync(join(models, name));
    writeOddModel(join(models, name), { slowRounds });
  }
  const daemon = await PrivateDaemon.start({ env: { COMBOT_MODELS_DIR: models, WORKERS: "1", PRELOAD: "false" } });
  onTestFinished(async () => void (await daemon.stop()));
  const order: string[] = [];
  const ask = async (model: string): Promise<void> => {
    const body = { text: "alpha beta", model, noCache: true };
    const { status } = await daemon.ask("POST", "/api/classify/", body);
    order.push(`${model} ${status}`);
  };
  const busyModels = async (): Promise<unknown[]> => {
    const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    return workers.filter(({ state }) => state === "busy").map(({ model }) => model);
  };
  for (const name of ["short", "long"]) await daemon.json("POST", `/api/models/${name}/load/?wait=true`);
  // It has had of the processors by then.
  await ask("long");
  const long = ask("long");
  await expect.poll(busyModels, { interval: 5 }).toEqual(["long"]);
  await ask("short");
  expect(await busyModels()).toEqual(["long"]);
  await long;
  expect(order).toEqual(["long 200", "short 200", "long 200"]);
}, 240_000);
