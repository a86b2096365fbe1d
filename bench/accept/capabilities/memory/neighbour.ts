import { setTimeout as delay } from "node:timers/promises";
import type { DecisionsReply } from "../../../../src/lib/protocol/decisions.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { shopTexts } from "../shop-texts.ts";
import { Ballast } from "./ballast.ts";

const LIMIT_BYTES = 4 * 1024 ** 3;

/** A neighbour that alone holds the cgroup at 0.97: nothing combot could free would help. */
export async function* neighbour(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const cgroup = new MemoryCgroup("combot-neighbour");
  cgroup.limitBytes = LIMIT_BYTES;
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir, MAX_REQUESTS: "0" };
  const daemon = await PrivateDaemon.start({ env, wrapper: cgroup.wrapper, startLimitMs: 120_000 });
  const reading = (): Promise<MemoryReport> => daemon.json<MemoryReport>("GET", "/api/memory/");
  const ballast = Ballast.beside(daemon, cgroup);
  try {
    say("a neighbour takes the cgroup to 0.97");
    await ballast.hold(0.97);
    await delay(15_000);
    const tally = await runClients({ socketPath: daemon.socketPath, clients: 5, texts: shopTexts(), calls: 200 });
    const workers = (await reading()).processes.filter(({ role }) => role === "worker").length;
    const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/?limit=1000");
    const told = decisions.filter(({ reason }) => reason === "pressure not ours").length;
    const more = decisions.filter(({ action }) => action === "unload all" || action === "force cleanup").length;
    yield { what: "a neighbour alone holds 0.97: workers left", measured: workers, target: "1", pass: workers === 1 };
    yield { what: "decisions that say the pressure is not ours", measured: told, target: "1", pass: told === 1 };
    yield { what: "unloads and cleanups all the same", measured: more, target: "0", pass: more === 0 };
    yield { what: "calls answered meanwhile, of 200", measured: tally.ok, target: "200", pass: tally.ok === 200 };
  } finally {
    await ballast.end();
    await daemon.stop();
    cgroup.remove();
  }
}
