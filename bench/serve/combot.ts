import { join } from "node:path";
import { PrivateDaemon } from "../../scripts/support/private-daemon.ts";
import { treeOf } from "../../scripts/support/process-tree.ts";
import type { ClassifyReply } from "../../src/lib/protocol/classify.ts";
import type { ProcessStatus } from "../../src/lib/protocol/process.ts";
import { NOTHING_DUE } from "../nothing-due.ts";
import type { Contender, ContenderOptions, RunningContender } from "./contender.ts";

const START_LIMIT_MS = 120_000;

type RunningCombot = RunningContender & { recycled(): Promise<number> };

/** Of the program; by default nothing is cached, and no worker comes due while it is measured. */
export interface CombotOptions {
  /** Answers are cached, in its memory and here. */
  readonly redisUrl?: string | undefined;
  /** Workers come due by the default limits. */
  readonly isRecycled?: boolean;
}

/** The built program, as it is started by hand. */
export function combot(
  { model, folder }: ContenderOptions,
  { redisUrl, isRecycled = false }: CombotOptions = {},
): Contender<RunningCombot> {
  const env = {
    COMBOT_MODEL_DIR: model.dir,
    // Kept from round to round: the weights are prepared once.
    COMBOT_STATE_DIR: join(folder, "combot-state"),
    REDIS_URL: redisUrl ?? "off",
    ...(isRecycled ? {} : NOTHING_DUE),
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
        extraFields: redisUrl === undefined ? { noCache: true } : {},
        labelOf: (reply) => (reply as ClassifyReply).results[0]!.label,
        processes: () => treeOf(daemon.pid).map((pid) => ({ pid, role: pid === daemon.pid ? "daemon" : "worker" })),
        recycle: async () => void (await daemon.json("POST", "/api/process/recycle/?wait=true", {})),
        recycled: async () => (await daemon.json<ProcessStatus>("GET", "/api/process/status/")).recycles.total,
        stop: async () => void (await daemon.stop()),
      };
    },
  };
}
