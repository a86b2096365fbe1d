import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CpuMeter } from "./cpu-meter.ts";
import type { CpuUsage } from "./cpu-meter.ts";

/** The file as its owner gave it, and the best that is known to be made of it. */
export const GRAPHS = ["plain", "best"] as const;

export interface FloorOrder {
  readonly modelPath: string;
  /** Fused, shortened and with its weights packed for this CPU, so that nothing of it is optimised at load. */
  readonly bestPath: string;
  readonly padId: number;
  /** A JSON array of arrays of token ids. */
  readonly idsFile: string;
  readonly batchSizes: readonly number[];
  readonly seconds: number;
  /** How long one graph and batch size runs before it is the next one's turn, so that drift hits all. */
  readonly sliceSeconds: number;
  readonly processes: number;
  /** Which of the processes. */
  readonly index: number;
}

export interface FloorTally {
  readonly graph: (typeof GRAPHS)[number];
  readonly batchSize: number;
  readonly perSecond: number;
}

/** All processes together. */
export interface FloorResult {
  /** Of the plain graph at its best batch size. */
  readonly perSecond: number;
  readonly batchSize: number;
  /** Of the best graph, at its own. */
  readonly best: FloorTally;
  readonly tallies: readonly FloorTally[];
  readonly cpu: CpuUsage;
}

const PROCESSES = 2;
const BATCH_SIZES = [1, 4, 8, 16];
/** Between the order and the first slice, so that both begin it together. */
const START_DELAY_MS = 20;
const PROGRAM = fileURLToPath(new URL("floor-process.ts", import.meta.url));

/**
 * What the model gives without a server: two processes of one thread each, tensors made beforehand, texts sorted by length.
 * `seconds` is for each of the two graphs.
 */
export async function measureFloor(
  order: Pick<FloorOrder, "modelPath" | "bestPath" | "padId" | "idsFile" | "seconds">,
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
    const own = (await Promise.all(children.map(answerOf))) as FloorTally[][];
    const cpu = meter.read();
    const tallies = own[0]!.map((tally, at) => {
      return { ...tally, perSecond: own.reduce((sum, all) => sum + (all[at]?.perSecond ?? NaN), 0) };
    });
    const { perSecond, batchSize } = fastest(tallies, "plain");
    return { perSecond, batchSize, best: fastest(tallies, "best"), tallies, cpu };
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

function fastest(tallies: readonly FloorTally[], graph: FloorTally["graph"]): FloorTally {
  const own = tallies.filter((tally) => tally.graph === graph);
  return own.reduce((best, one) => (one.perSecond > best.perSecond ? one : best));
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
