import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openModel } from "../../../src/daemon/model/opening.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const CHILD = fileURLToPath(new URL("../../../src/daemon/workers/child.ts", import.meta.url));
const WORKER_PROCESS = fileURLToPath(new URL("../../../src/daemon/workers/worker-process.ts", import.meta.url));
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

/** Stops a worker before its program begins, as one that waits in Node's start for a thread, and is gone. */
const WITH_MUTE_WORKER = `
  import { readFileSync } from "node:fs";
  import { setTimeout as delay } from "node:timers/promises";
  const { WorkerProcess } = await import(process.argv[1]);
  const { pid } = new WorkerProcess();
  while (!readFileSync("/proc/" + pid + "/cmdline", "latin1").startsWith(process.execPath)) await delay(1);
  process.kill(pid, "SIGSTOP");
  process.stdout.write(String(pid), () => process.kill(process.pid, "SIGKILL"));
`;

test("a worker that hangs in Node's own start ends with its daemon all the same", async () => {
  const daemon = spawn(process.execPath, ["--input-type=module", "-e", WITH_MUTE_WORKER, WORKER_PROCESS], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [[said]] = (await Promise.all([once(daemon.stdout, "data"), once(daemon, "exit")])) as [[Buffer], unknown];
  const pid = Number(said);
  expect(pid).toBeGreaterThan(1);
  onTestFinished(() => void (isThere(pid) && process.kill(pid, "SIGKILL")));
  await expect.poll(() => isThere(pid), { interval: 5, timeout: 5000 }).toBe(false);
});

/** One that nobody has reaped yet counts as gone. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
