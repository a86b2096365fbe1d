import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { MemoryCgroup, anonymousBytes, treeOf } from "../../../../scripts/support/process-tree.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";

const MIB = 1024 * 1024;
const CYCLES = 20;
const BOUND_MIB = 10;

/** What 20 cycles of load and unload leave behind, by smaps and by the cgroup's own counter. */
export async function* returnsMemory(
  texts: readonly string[],
  say: (progress: string) => void,
  env: Readonly<Record<string, string>> = {},
  model = "bundled model",
): AsyncGenerator<Line> {
  const cgroup = new MemoryCgroup("combot-accept");
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", ...env }, wrapper: cgroup.wrapper });
  try {
    await runClients({ socketPath: daemon.socketPath, clients: 20, texts, calls: 2000 });
    const bySmaps: number[] = [];
    const byCgroup: number[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      await daemon.json("POST", "/api/model/load/?wait=true");
      await runClients({ socketPath: daemon.socketPath, clients: 10, texts, calls: 100 });
      await daemon.json("POST", "/api/model/unload/?wait=true");
      bySmaps.push(treeOf(daemon.pid).reduce((sum, pid) => sum + anonymousBytes(pid), 0));
      byCgroup.push(cgroup.anonymousBytes);
      say(`${model}: unloaded ${cycle + 1} of ${CYCLES} times`);
    }
    yield growth(
      `${model}: anonymous memory of the tree after ${CYCLES} unloads over after the first, MiB (smaps)`,
      bySmaps,
    );
    yield growth(`${model}: the same by the cgroup's counter, MiB`, byCgroup);
  } finally {
    await daemon.stop();
    cgroup.remove();
  }
}

function growth(what: string, samples: readonly number[]): Line {
  const mib = round((Math.max(...samples) - samples[0]!) / MIB);
  return { what, measured: mib, target: `at most ${BOUND_MIB}, at any of them`, pass: mib <= BOUND_MIB };
}
