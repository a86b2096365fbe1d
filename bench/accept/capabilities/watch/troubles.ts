import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PrivatePostgres } from "../../../../scripts/support/private-postgres.ts";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import type { MetricsReport } from "../../../../src/lib/protocol/metrics.ts";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import { classify } from "../../../../test/support/alerts/troubles.ts";
import type { Stage, Trouble } from "../../../../test/support/alerts/play.ts";
import { Ballast } from "../memory/ballast.ts";
import { presetModel } from "../models/presets.ts";

const MIB = 1024 * 1024;
const BUNDLED = fileURLToPath(new URL("../../../../models/shop-intents", import.meta.url));

type Say = (progress: string) => void;

interface Pressure {
  readonly cgroup: MemoryCgroup;
  readonly ballast: (stage: Stage) => Ballast;
  readonly end: () => Promise<void>;
}

/** A neighbour in the daemon's own cgroup. */
function pressure(name: string): Pressure {
  const cgroup = new MemoryCgroup(`combot-${name}`);
  let ballast: Ballast | undefined;
  return {
    cgroup,
    ballast: ({ daemon }) => (ballast ??= Ballast.beside(daemon, cgroup)),
    end: async () => {
      await ballast?.end();
      // Its processes are gone a moment before the kernel lets go of it.
      for (let tries = 0; tries < 50; tries++) {
        try {
          return cgroup.remove();
        } catch {
          await delay(100);
        }
      }
    },
  };
}

/** Levels one after another, long enough at critical for recycling to be given up. */
export async function levels(say: Say): Promise<Trouble> {
  const modelDir = presetModel("distilbert-int8", say);
  const { cgroup, ballast, end } = pressure("levels");
  return {
    alerts: ["memory-warning", "memory-critical", "memory-recycling", "memory-hold", "memory-emergency"],
    // Two workers a minute: the window holds five of them.
    env: { COMBOT_MODEL_DIR: modelDir, WORKERS: "2", ALERT_WINDOW: "240" },
    wrapper: cgroup.wrapper,
    cause: async (stage) => {
      await stage.daemon.json("POST", "/api/model/load/?wait=true");
      for (let call = 0; call < 50; call++) await classify(stage.daemon, { text: `warm ${call}` });
      await stage.daemon.ask("GET", "/api/memory/");
      cgroup.limitBytes = Math.round(cgroup.usedBytes / 0.45 / MIB) * MIB;
      const weight = ballast(stage);
      // Workers that are asked for something are started again.
      const client = async (): Promise<void> => {
        for (let call = 0; !stage.isOver(); await delay(200))
          await classify(stage.daemon, { text: `busy ${call++}`, noCache: true });
      };
      const clients = Promise.all(Array.from({ length: 4 }, client));
      await weight.hold(0.83);
      await stage.fires("memory-warning");
      await weight.hold(0.92);
      await stage.fires("memory-hold");
      await weight.hold(0.97);
      await clients;
    },
    mend: (stage) => ballast(stage).hold(undefined),
    end,
  };
}

/** A machine that others fill. */
export async function foreign(): Promise<Trouble> {
  const { cgroup, ballast, end } = pressure("foreign");
  return {
    alerts: ["pressure-not-ours"],
    wrapper: cgroup.wrapper,
    cause: async (stage) => {
      await stage.daemon.json("POST", "/api/model/load/?wait=true");
      cgroup.limitBytes = 2000 * MIB;
      // Step by step: a reading from before the last piece makes the ballast take it twice, and the kernel would kill.
      for (const share of [0.6, 0.8, 0.88, 0.91, 0.93, 0.95, 0.96]) {
        await ballast(stage).hold(share);
        await delay(2000);
      }
    },
    mend: (stage) => ballast(stage).hold(undefined),
    end,
  };
}

/** Each worker that serves is killed, three in all; then none. */
export async function crashes(): Promise<Trouble> {
  return {
    alerts: ["worker-crashes"],
    env: { ALERT_WINDOW: "20" },
    cause: async ({ daemon }) => {
      for (let kills = 0; kills < 3; await delay(200)) {
        const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
        const ready = workers.find(({ state }) => state === "ready");
        if (!ready?.pid) continue;
        process.kill(ready.pid, "SIGKILL");
        kills += 1;
        await delay(500);
      }
    },
    mend: async () => undefined,
  };
}

/** The model file is spoilt while no worker has it; then it is itself again. */
export async function spoiltModel(): Promise<Trouble> {
  const folder = mkdtempSync(join(tmpdir(), "cm-"));
  cpSync(BUNDLED, folder, { recursive: true });
  return {
    alerts: ["model-down", "workers-held"],
    env: { COMBOT_MODEL_DIR: folder, PRELOAD: "false", MODEL_LOAD_TIMEOUT: "3" },
    cause: async ({ daemon }) => {
      writeFileSync(join(folder, "model.onnx"), "not a model");
      await daemon.json("POST", "/api/model/load/");
    },
    mend: async ({ daemon }) => {
      copyFileSync(join(BUNDLED, "model.onnx"), join(folder, "model.onnx"));
      await daemon.json("POST", "/api/model/load/");
    },
    end: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The database refuses what it is given, until it takes it again. */
export async function drops(): Promise<Trouble> {
  const postgres = await PrivatePostgres.start();
  return {
    alerts: ["journal-drops"],
    env: { DATABASE_URL: postgres.url(), ALERT_WINDOW: "20" },
    cause: async ({ daemon }) => {
      while ((await daemon.json<MetricsReport>("GET", "/api/metrics/")).journal?.state !== "up") await delay(100);
      await postgres.query("ALTER TABLE combot_decisions ADD CONSTRAINT refused CHECK (false) NOT VALID");
      await daemon.json("POST", "/api/cleanup/", { level: "soft" });
    },
    mend: () => postgres.query("ALTER TABLE combot_decisions DROP CONSTRAINT refused"),
    end: () => postgres.remove(),
  };
}

/** A file lies where prepared weights belong; then a model is served that needs none. */
export async function unshared(say: Say): Promise<Trouble> {
  const folder = mkdtempSync(join(tmpdir(), "cw-"));
  mkdirSync(join(folder, "state"));
  writeFileSync(join(folder, "state", "prepared"), "in the way");
  return {
    alerts: ["weights-unshared"],
    env: {
      COMBOT_STATE_DIR: join(folder, "state"),
      COMBOT_MODEL_DIR: presetModel("minilm-int8", say),
      PRELOAD: "false",
    },
    cause: ({ daemon }) => daemon.json("POST", "/api/model/load/"),
    mend: ({ daemon }) => daemon.json("PUT", "/api/model/", { dir: BUNDLED }),
    end: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A small disk of the daemon's own, filled to nineteen twentieths. Needs root. */
export async function fullDisk(): Promise<Trouble> {
  const folder = mkdtempSync(join(tmpdir(), "cf-"));
  const mount = `mount -t tmpfs -o size=64m tmpfs ${folder} && exec "$@"`;
  // Others do not see its mount, but through the daemon.
  const file = ({ daemon }: Stage): string => `/proc/${daemon.pid}/root${folder}/full`;
  return {
    alerts: ["disk"],
    env: { COMBOT_STATE_DIR: folder, ALERT_DISK_FREE: "0.10" },
    wrapper: ["unshare", "--mount", "sh", "-c", mount, "sh"],
    cause: async (stage) => writeFileSync(file(stage), Buffer.alloc(61 * MIB)),
    mend: async (stage) => rmSync(file(stage)),
    end: async () => rmSync(folder, { recursive: true, force: true }),
  };
}
