import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openModel } from "../../../src/daemon/model/served-model.ts";

const CHILD = fileURLToPath(new URL("../../../src/daemon/workers/child.ts", import.meta.url));
const MODEL = fileURLToPath(new URL("../../../models/shop-intents", import.meta.url));

test("a worker whose daemon goes while the runtime loads ends without a word", async () => {
  const { modelPath, labels, padId, probe } = await openModel(MODEL);
  const child = fork(CHILD, [], { serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let told = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (told += text));
  await once(child, "message");
  child.send({ type: "load", modelPath, prepared: false, threads: 1, labels: labels.length, padId, probe });
  child.disconnect();
  const [code] = (await once(child, "close")) as [number | null];
  expect({ code, told }).toEqual({ code: 0, told: "" });
});
