import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openModel } from "../../../src/daemon/model/opening.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const CHILD = fileURLToPath(new URL("../../../src/daemon/workers/child.ts", import.meta.url));
const MODEL = fileURLToPath(new URL("../../../models/shop-intents", import.meta.url));

/** Has a worker prepare a model, and is gone before it has. */
const SHORT_LIVED = `
  import { fork } from "node:child_process";
  const [program, told] = process.argv.slice(1);
  const child = fork(program, [], { serialization: "advanced", execArgv: [] });
  child.once("message", () => {
    const order = JSON.parse(told);
    child.send({ ...order, probe: Int32Array.from(order.probe) }, () => process.kill(process.pid, "SIGKILL"));
  });
`;

test("a worker whose daemon dies while the runtime prepares a model ends without a word", async () => {
  const { modelPath, labels, padId, probe } = await openModel(MODEL, temporaryFolder());
  const files = { preparedPath: join(temporaryFolder(), "prepared.onnx"), weightsName: "weights.bin" };
  const order = JSON.stringify({
    type: "prepare",
    modelPath,
    labels: labels.length,
    padId,
    ...files,
    probe: [...probe],
  });
  const daemon = spawn(process.execPath, ["--input-type=module", "-e", SHORT_LIVED, CHILD, order], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  daemon.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  // Its end of the pipe is the worker's as well: it closes when both have gone.
  const [[, signal]] = await Promise.all([
    once(daemon, "exit") as Promise<[number | null, string]>,
    once(daemon.stderr, "close"),
  ]);
  expect({ signal, told }).toEqual({ signal: "SIGKILL", told: "" });
});
