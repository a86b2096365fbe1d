import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DecisionsReply } from "../../../../src/lib/protocol/decisions.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import type { Line } from "../../record.ts";

/** A 3 GB file written and read three times inside the cgroup: page cache is no pressure. */
export async function* ignoresPageCache(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const cgroup = new MemoryCgroup("combot-cache");
  cgroup.limitBytes = 2 * 1024 ** 3;
  const folder = mkdtempSync(join(tmpdir(), "cf-"));
  const daemon = await PrivateDaemon.start({
    env: { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir },
    wrapper: cgroup.wrapper,
    startLimitMs: 120_000,
  });
  try {
    const file = join(folder, "file");
    const inside = (command: string): void =>
      void execFileSync("sh", ["-c", `echo $$ > ${cgroup.path}/cgroup.procs && ${command}`], { stdio: "ignore" });
    say("writing 3 GB");
    inside(`dd if=/dev/zero of=${file} bs=1M count=3000`);
    for (let turn = 0; turn < 3; turn++) inside(`cat ${file}`);
    const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/?limit=1000");
    yield {
      what: "a 3 GB file written and read three times: decisions of the governor",
      measured: decisions.length,
      target: "0",
      pass: decisions.length === 0,
    };
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
    cgroup.remove();
  }
}
