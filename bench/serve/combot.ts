import { join } from "node:path";
import { PrivateDaemon } from "../../scripts/support/private-daemon.ts";
import { treeOf } from "../../scripts/support/process-tree.ts";
import type { ClassifyReply } from "../../src/lib/protocol/classify.ts";
import { NOTHING_DUE } from "../nothing-due.ts";
import type { Contender, ContenderOptions } from "./contender.ts";

const START_LIMIT_MS = 120_000;

/** The built program, as it is started by hand; nothing is cached and no worker comes due while it is measured. */
export function combot({ model, folder }: ContenderOptions): Contender {
  const env = {
    COMBOT_MODEL_DIR: model.dir,
    // Kept from round to round: the weights are prepared once.
    COMBOT_STATE_DIR: join(folder, "combot-state"),
    REDIS_URL: "off",
    ...NOTHING_DUE,
    WORKERS: "2",
  };
  return {
    name: "combot",
    start: async () => {
      const daemon = await PrivateDaemon.start({ env, startLimitMs: START_LIMIT_MS });
      await daemon.json("POST", "/api/model/load/?wait=true");
      return {
        address: { path: daemon.socketPath },
        path: "/api/classify/",
        extraFields: { noCache: true },
        labelOf: (reply) => (reply as ClassifyReply).results[0]!.label,
        processes: () => treeOf(daemon.pid).map((pid) => ({ pid, role: pid === daemon.pid ? "daemon" : "worker" })),
        recycle: async () => void (await daemon.json("POST", "/api/process/recycle/?wait=true", {})),
        stop: async () => void (await daemon.stop()),
      };
    },
  };
}
