import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUNDLED_MODEL_DIR } from "../../../../src/daemon/model/bundled-model.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { ODD_LABELS, writeOddModel } from "../../../../test/support/odd-models.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

const SWITCHES = 20;

/** Between the bundled model and one with other labels, under 50 clients; memory after each switch. */
export async function* switches(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "cs-"));
  const odd = writeOddModel(join(folder, "odd"));
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", MAX_REQUESTS: "0" } });
  try {
    let switching = true;
    const load = runClients({
      socketPath: daemon.socketPath,
      clients: 50,
      texts: shopTexts(),
      isOver: () => !switching,
      isRight: ({ model, results }) => results.every(({ label }) => ODD_LABELS.includes(label) === (model.name === "odd")),
    });
    const pss: number[] = [];
    for (let turn = 0; turn < SWITCHES; turn++) {
      await daemon.json("PUT", "/api/model/", { dir: turn % 2 === 0 ? odd : BUNDLED_MODEL_DIR });
      const { processes } = await daemon.json<MemoryReport>("GET", "/api/memory/");
      if (processes.length > 3) throw new Error(`${processes.length} processes after a switch`);
      pss.push(processes.reduce((sum, { pssBytes }) => sum + pssBytes, 0));
      say(`switched ${turn + 1} of ${SWITCHES} times`);
    }
    switching = false;
    const tally = await load;
    const failed = tally.sent - tally.ok;
    const growth = round((pss.at(-1)! - pss[1]!) / 2 ** 20, 1);
    yield { what: `calls failed over ${SWITCHES} switches under 50 clients, of ${tally.sent}`, measured: failed, target: "0", pass: failed === 0 };
    yield { what: "replies with a label of another model than they name", measured: tally.wrong, target: "0", pass: tally.wrong === 0 };
    yield { what: "PSS of the tree after the last switch over after the second, the same model, MiB", measured: growth, target: "at most 20", pass: growth <= 20 };
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
