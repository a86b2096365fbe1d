import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CpuMeter } from "./cpu-meter.ts";
import type { CpuUsage } from "./cpu-meter.ts";

export interface FloorOrder {
  readonly modelPath: string;
  readonly padId: number;
  /** A JSON array of arrays of token ids. */
  readonly idsFile: string;
  readonly batchSizes: readonly number[];
  readonly seconds: number;
  /** How long one batch size runs before it is the next one's turn, so that drift hits all. */
  readonly sliceSeconds: number;
  readonly processes: number;
  /** Which of the processes. */
  readonly index: number;
}

export interface FloorTally {
  readonly batchSize: number;
  readonly perSecond: number;
}

/** All processes together. */
export interface FloorResult {
  /** Of the best batch size. */
  readonly perSecond: number;
  readonly batchSize: number;
  readonly batchSizes: readonly FloorTally[];
  readonly cpu: CpuUsage;
}

const PROCESSES = 2;
const BATCH_SIZES = [1, 4, 8, 16];
/** Between the order and the first slice, so that both begin it together. */
const START_DELAY_MS = 20;
const PROGRAM = fileURLToPath(new URL("floor-process.ts", import.meta.url));

/** What the model gives without a server: two processes of one thread each, tensors made beforehand. */
export async function measureFloor(
  order: Pick<FloorOrder, "modelPath" | "padId" | "idsFile" | "seconds">,
  signal: AbortSignal,
): Promise<FloorResult> {
  const children = Array.from({ length: PROCESSES }, (_, index) => {
    const whole: FloorOrder = { ...order, batchSizes: BATCH_SIZES, sliceSeconds: 1, processes: PROCESSES, index };
    return start(whole, signal);
  });
  try {
    await Promise.all(children.map(answerOf));
    const meter = new CpuMeter(children.map(({ pid }) => pid ?? 0));
    const from = Date.now() + START_DELAY_MS;
    for (const child of children) child.send(from);
    const tallies = (await Promise.all(children.map(answerOf))) as FloorTally[][];
    const cpu = meter.read();
    const batchSizes = BATCH_SIZES.map((batchSize, at) => {
      return { batchSize, perSecond: tallies.reduce((sum, tally) => sum + (tally[at]?.perSecond ?? NaN), 0) };
    });
    return { ...batchSizes.reduce((best, one) => (one.perSecond > best.perSecond ? one : best)), batchSizes, cpu };
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

function start(order: FloorOrder, signal: AbortSignal): ChildProcess {
  return fork(PROGRAM, [JSON.stringify(order)], {
    signal,
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`a process of the floor ended with ${String(signal ?? code)}`);
  });
  const [answer] = (await Promise.race([once(child, "message"), ended])) as [unknown];
  ended.catch(() => undefined);
  return answer;
}
