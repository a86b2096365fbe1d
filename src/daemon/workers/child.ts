import { writeFileSync } from "node:fs";
import { messageOf } from "../../lib/errors.ts";
import { WORKER_EXIT, WORKER_PROTOCOL, parseToWorker } from "../../lib/protocol/worker-channel.ts";
import type { FromWorker, LoadMessage, PrepareMessage, RunMessage } from "../../lib/protocol/worker-channel.ts";
import { prepareModel } from "./preparation.ts";
import { InvalidModelError } from "./invalid-model.ts";
import { ModelSession } from "./session.ts";

/** A worker: one process, one model. It ends when the daemon kills it, when its model can't be loaded, or with the daemon. */
let session: ModelSession | undefined;
/** The run before, through: the next one's time begins when it is its turn. */
let turn: Promise<void> = Promise.resolve();

/** A daemon that has gone while the runtime kept this thread hears nothing more, and there is nobody left to work for. */
function send(message: FromWorker): void {
  process.send?.(message, (error: Error | null) => void (error && process.exit(WORKER_EXIT.ok)));
}

/** The last message must have left before the process ends. */
function sendAndExit(message: FromWorker, status: number): void {
  if (!process.send) process.exit(status);
  process.send(message, () => process.exit(status));
}

async function load(message: LoadMessage): Promise<void> {
  const from = performance.now();
  try {
    session = await ModelSession.load(message);
    send({ type: "ready", loadMs: performance.now() - from, oneByOne: session.oneByOne });
  } catch (error) {
    const invalid = error instanceof InvalidModelError;
    sendAndExit({ type: "failed", id: 0, invalid, detail: messageOf(error) }, WORKER_EXIT.cannotBoot);
  }
}

async function prepare(message: PrepareMessage): Promise<void> {
  try {
    send({ type: "prepared", shorter: await prepareModel(message) });
  } catch (error) {
    sendAndExit({ type: "failed", id: 0, invalid: true, detail: messageOf(error) }, WORKER_EXIT.cannotBoot);
  }
}

async function run(message: RunMessage): Promise<void> {
  const from = performance.now();
  try {
    if (!session) throw new Error("a run before the model was ready");
    const logits = await session.run(message);
    send({ type: "reply", id: message.id, logits, computeMs: performance.now() - from });
  } catch (error) {
    send({ type: "failed", id: message.id, invalid: error instanceof InvalidModelError, detail: messageOf(error) });
  }
}

/** When memory runs out the kernel shall take a worker, which can be replaced, and not the daemon. */
function offerToOomKiller(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "500");
  } catch {
    // A sandbox may forbid it; the kernel then goes by size, which names the workers as well.
  }
}

process.on("message", (raw) => {
  const message = parseToWorker(raw);
  if (!message) process.exit(WORKER_EXIT.defect);
  if (message.type === "load") void load(message);
  else if (message.type === "run") turn = turn.then(() => run(message));
  else void prepare(message);
});
// The channel closes when the daemon ends, however it ends: no worker outlives it.
process.on("disconnect", () => process.exit(WORKER_EXIT.ok));
// A terminal sends these to the whole process group; the daemon drains first.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("SIGHUP", () => undefined);

offerToOomKiller();
send({ type: "hello", protocol: WORKER_PROTOCOL, pid: process.pid });
