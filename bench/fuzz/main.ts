import { FuzzConnection } from "./connection.ts";
import { FuzzedDaemon } from "./daemon.ts";
import { sessionOf } from "./session.ts";
import { judge } from "./verdict.ts";

// Usage: node bench/fuzz/main.ts SEED CALLER INDEX [TO]. Sends one session of a fuzz, or some in a row, by themselves.

const SHOWN_BYTES = 2000;

async function main(seed: number, caller: number, from: number, to: number): Promise<number> {
  const fuzzed = await FuzzedDaemon.start();
  let failed = 0;
  try {
    const order = fuzzed.orders(seed, 0)[caller];
    if (!order) throw new Error("the callers are 0 to 3");
    for (let index = from; index <= to; index++) {
      const session = sessionOf(seed, caller, index, order.context);
      const statuses = new Map<number, number>();
      const connection = await FuzzConnection.open(order.address, statuses);
      const began = performance.now();
      const { faults, missing } = await connection.send(session);
      const tookMs = Math.round(performance.now() - began);
      connection.end();
      const wrong = faults.filter((fault) => judge(fault).why === undefined);
      if (wrong.length > 0 || missing > 0) failed += 1;
      else if (to > from) continue;
      const { manner, cutAt, isSound, requests } = session;
      process.stdout.write(
        `${index}: ${manner}, cut at ${cutAt}, ${isSound ? "sound" : "not sound"}, ${requests.length} requests, ${tookMs} ms\n`,
      );
      for (const { bytes } of requests)
        process.stdout.write(`> ${JSON.stringify(bytes.toString("latin1", 0, SHOWN_BYTES))}\n`);
      process.stdout.write(`statuses ${JSON.stringify([...statuses])}, missing ${missing}\n`);
      for (const { told } of faults) process.stdout.write(`< ${told}\n`);
    }
  } finally {
    await fuzzed.stop();
  }
  return failed > 0 ? 4 : 0;
}

const [seed, caller, from, to = from] = process.argv.slice(2).map(Number);
if (seed === undefined || caller === undefined || from === undefined || to === undefined) {
  process.stderr.write("usage: node bench/fuzz/main.ts SEED CALLER INDEX [TO]\n");
  process.exitCode = 2;
} else process.exitCode = await main(seed, caller, from, to);
