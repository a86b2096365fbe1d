import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { openModel } from "../../../../src/daemon/model/opening.ts";
import { PREPARED_MODEL } from "../../../../src/daemon/prepared/files.ts";

const PROGRAM = fileURLToPath(new URL("./floor-process.cjs", import.meta.url));

/** What birth and end of a process cost that does nothing but hold the same prepared model. */
export class Floor {
  readonly #modelPath: string;
  readonly #ids: string;

  private constructor(modelPath: string, ids: string) {
    this.#modelPath = modelPath;
    this.#ids = ids;
  }

  /** @param daemon that has prepared the model of this folder. */
  static async of(daemon: PrivateDaemon, modelDir: string): Promise<Floor> {
    const prepared = join(daemon.folder, "state", "prepared");
    const [folder = ""] = readdirSync(prepared);
    const { probe } = await openModel(modelDir, join(daemon.folder, "state"));
    return new Floor(join(prepared, folder, PREPARED_MODEL), JSON.stringify([...probe]));
  }

  /** One process: from its start to its answer, and from the word to its end, in ms. */
  async measure(): Promise<{ readonly birthMs: number; readonly endMs: number }> {
    const from = performance.now();
    const child = fork(PROGRAM, [this.#modelPath, this.#ids], {
      serialization: "advanced",
      env: { PATH: process.env["PATH"], ORT_DISABLE_TELEMETRY: "1", MALLOC_TRIM_THRESHOLD_: "131072" },
    });
    await once(child, "message");
    const birthMs = performance.now() - from;
    const told = performance.now();
    child.send("end");
    await once(child, "exit");
    return { birthMs, endMs: performance.now() - told };
  }
}
