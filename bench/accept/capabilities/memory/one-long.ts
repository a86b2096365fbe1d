import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { rssBytes, treeOf } from "../../../../scripts/support/process-tree.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

const ROUNDS = 15;
const SHORT = 31;
const MIB = 1024 * 1024;

/** PAINS 26: 31 short texts at once, with and without one that fills the model's window. */
export async function* oneLong(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir, MAX_REQUESTS: "0" };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
  const agent = keepAliveAgent(SHORT + 1);
  const ask = async (text: string): Promise<number> => {
    const from = performance.now();
    const body = { text, noCache: true };
    const call = { socketPath: daemon.socketPath, method: "POST", path: "/api/classify/", body, agent };
    const { status } = await callSocket(call);
    if (status !== 200) throw new Error(`a text was answered with ${status}`);
    return performance.now() - from;
  };
  const short = shopTexts().slice(0, SHORT);
  const long = shopTexts().slice(0, 100).join(" ");
  const together = async (others: readonly string[]): Promise<number[]> => {
    const all = others.map((text) => ask(text));
    return (await Promise.all([...all, ...short.map((text) => ask(text))])).slice(others.length);
  };
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, largestWorker(daemon.pid))), 5);
  const peakOf = async (run: () => Promise<unknown>): Promise<number> => {
    peak = 0;
    await run();
    return peak;
  };
  try {
    await daemon.json("POST", "/api/model/load/?wait=true");
    await together([]);
    const alone = await peakOf(async () => {
      for (let turn = 0; turn < 4; turn++) await Promise.all([ask(long), ask(long)]);
    });
    const without: number[] = [];
    const beside: number[] = [];
    const mixed = await peakOf(async () => {
      for (let turn = 0; turn < ROUNDS; turn++) {
        without.push(median(await together([])));
        beside.push(median(await together([long])));
        say(`PAINS 26: ${turn + 1} of ${ROUNDS}`);
      }
    });
    const slowed = round(median(beside) / median(without));
    yield {
      what: `PAINS 26: median latency of 31 short texts beside one at the window's length, over without it (${round(median(beside), 0)} and ${round(median(without), 0)} ms)`,
      measured: slowed,
      target: "at most 2",
      pass: slowed <= 2,
    };
    const grown = round(mixed / alone);
    yield {
      what: `PAINS 26: peak RSS of a worker over that with the long text alone (${round(mixed / MIB, 0)} and ${round(alone / MIB, 0)} MiB)`,
      measured: grown,
      target: "at most 1.1",
      pass: grown <= 1.1,
    };
  } finally {
    clearInterval(watch);
    agent.destroy();
    await daemon.stop();
  }
}

function largestWorker(pid: number): number {
  const workers = treeOf(pid).slice(1);
  return Math.max(
    0,
    ...workers.map((each) => {
      try {
        return rssBytes(each);
      } catch {
        return 0; // ended between the two looks
      }
    }),
  );
}
