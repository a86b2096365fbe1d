import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { bundledTexts } from "../../../../src/lib/perf/texts.ts";
import { MIB } from "../../../../src/lib/units.ts";
import { writeFolder } from "../../../model/folder.ts";
import { readOptions } from "../../../model/options.ts";
import { RedisServer } from "../../../../test/support/redis-server.ts";
import type { Line } from "../../record.ts";

const ENTRIES = 100_000;
const AT_ONCE = 256;
const MOST_BYTES = 360;
const HELD_MIB = 512;
const LABELS = 77;

/** Memory of Redis for each answer, its key and all that Redis keeps beside it. */
export async function* entryBytes(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "ce-"));
  try {
    yield* measure("the bundled model", undefined, `at most ${MOST_BYTES}`, say);
    const options = readOptions(["--preset", "tiny", "--labels", String(LABELS), "--out", folder]);
    if (!options) throw new Error("no options for the model");
    writeFolder(folder, options.spec, options.externalData, say);
    yield* measure(`a model of ${LABELS} labels`, folder, undefined, say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* measure(
  model: string,
  modelDir: string | undefined,
  target: string | undefined,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const server = await RedisServer.start({ port: 0 });
  const redis = new Redis({ path: server.socketPath });
  const daemon = await PrivateDaemon.start({
    env: {
      LOG_LEVEL: "error",
      MAX_REQUESTS: "0",
      REDIS_URL: server.unixUrl,
      ...(modelDir === undefined ? {} : { COMBOT_MODEL_DIR: modelDir }),
    },
  });
  try {
    await daemon.json("POST", "/api/classify/", { text: "the first makes the connection" });
    const before = await usedBytes(redis);
    const keysBefore = await redis.dbsize();
    const { texts } = bundledTexts();
    for (let from = 0; from < ENTRIES; from += AT_ONCE) {
      const length = Math.min(AT_ONCE, ENTRIES - from);
      const some = Array.from({ length }, (_, at) => `${texts[(from + at) % texts.length]!} ${from + at}`);
      await daemon.json("POST", "/api/classify/", { texts: some });
      if (from % (AT_ONCE * 40) === 0) say(`${model}: ${from} of ${ENTRIES} entries`);
    }
    const keys = (await redis.dbsize()) - keysBefore;
    const bytes = Math.round(((await usedBytes(redis)) - before) / keys);
    yield { what: `entries of ${model} in Redis`, measured: keys, target: "for the record", pass: keys > 0 };
    yield {
      what: `bytes in Redis for each entry of ${model}`,
      measured: bytes,
      target: target ?? "for the record",
      pass: target === undefined || bytes <= MOST_BYTES,
    };
    yield {
      what: `entries of ${model} that ${HELD_MIB} MiB hold`,
      measured: Math.floor((HELD_MIB * MIB) / bytes),
      target: "for the record",
      pass: true,
    };
  } finally {
    redis.disconnect();
    await daemon.stop();
    await server.end();
  }
}

async function usedBytes(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1] ?? NaN);
}
