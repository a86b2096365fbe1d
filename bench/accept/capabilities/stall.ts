import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { json } from "node:stream/consumers";
import { getPriority, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../scripts/support/socket-request.ts";
import { BUNDLED_MODEL_DIR } from "../../../src/daemon/model/bundled-model.ts";
import type { Health } from "../../../src/lib/protocol/health.ts";
import type { Capability, Line, Part } from "../record.ts";
import { quantile, round } from "../statistics.ts";
import { collectedHeapBytes, INSPECTABLE } from "./memory/inspector.ts";
import { BODIES } from "./stall/bodies.ts";
import type { MakeBody } from "./stall/bodies.ts";
import { writeModel } from "./stall/model.ts";
import { longestTurn, watchTurns } from "./stall/probe.ts";
import type { Stall } from "./stall/probe.ts";

const CALLERS = 4;
const CALLS_EACH = 3;
const LONGEST_MS = 20;
const HEALTH_P99_MS = 50;
const HEALTH_EVERY_MS = 10;

/** Of this process beside a daemon. To take it back needs a privilege. */
const BEHIND = 15;
const own = getPriority();

/** One of each way to make tokens. */
const KINDS = [
  "bundled",
  "bert-chinese",
  "roberta",
  "llama",
  "marked-words",
  "xlm-roberta",
  "folded-bytes",
  "word-level",
];

/** The largest calls that may be sent, by four callers at once: nobody else waits for them. */
export const stall: Capability = {
  name: "stall",
  summary: "The longest turn of the daemon's event loop under the largest calls, for each kind of tokenizer",
  parts: KINDS.map((kind): Part => ({ name: kind, run: (say) => measureKind(kind, say) })),
};

async function* measureKind(kind: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "combot-stall-"));
  const model = join(folder, "model");
  if (kind !== "bundled") writeModel(model, kind);
  const env = { ...INSPECTABLE, LOG_LEVEL: "error", ...(kind === "bundled" ? {} : { COMBOT_MODEL_DIR: model }) };
  const daemon = await PrivateDaemon.start({ env });
  // Callers are elsewhere: what they take of these cores is nothing that the loop has to wait for.
  setPriority(BEHIND);
  try {
    await checkServed(daemon, kind === "bundled" ? BUNDLED_MODEL_DIR : model);
    await warmUp(daemon);
    for (const [name, make] of Object.entries(BODIES)) {
      say(`${kind}: ${name}`);
      yield* linesOf(name, await measureBody(daemon, make));
    }
  } finally {
    await daemon.stop();
    setPriority(own);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is measured is the kind that is asked for. */
async function checkServed(daemon: PrivateDaemon, dir: string): Promise<void> {
  const { model } = await daemon.json<Health>("GET", "/api/health/");
  if (model.dir !== dir) throw new Error(`${model.dir} is served, not ${dir}`);
}

/** So that what is compiled on the way, and what the start left for the first collection, is not measured. */
async function warmUp(daemon: PrivateDaemon): Promise<void> {
  for (let call = 0; call < 300; call++) {
    const body = { text: `where is my order ${call}` };
    await callSocket({ socketPath: daemon.socketPath, method: "POST", path: "/api/classify/", body });
  }
  await collectedHeapBytes(daemon);
}

interface Measured extends Stall {
  readonly statuses: readonly string[];
  readonly healthP99Ms: number;
}

async function measureBody(daemon: PrivateDaemon, make: MakeBody): Promise<Measured> {
  // Made before: whoever is making a mebibyte of words sees no reply come in.
  const bodies = Array.from({ length: CALLERS }, (_, caller) =>
    Array.from({ length: CALLS_EACH }, (__, call) => make(caller * CALLS_EACH + call)),
  );
  await watchTurns(daemon);
  const health = watchHealth(daemon);
  const statuses = await Promise.all(
    bodies.map(async (own) => {
      const given: string[] = [];
      for (const body of own) given.push(await post(daemon, body));
      return given;
    }),
  );
  const healthMs = await health.stop();
  return { ...(await longestTurn(daemon)), statuses: statuses.flat(), healthP99Ms: quantile(healthMs, 0.99) };
}

function* linesOf(name: string, { wallMs, cpuMs, statuses, healthP99Ms }: Measured): Generator<Line> {
  const replies = [...new Set(statuses)].join(", ");
  yield {
    what: `${name} (answered ${replies}): longest turn of the event loop, ms, and the CPU it took`,
    measured: `${round(wallMs, 1)}, ${round(cpuMs, 1)} of them CPU`,
    target: `less than ${LONGEST_MS}`,
    pass: wallMs < LONGEST_MS && statuses.every((status) => /^200$|^4|^503 QUEUE_FULL$/.test(status)),
  };
  yield {
    what: `${name}: p99 of health meanwhile, ms`,
    measured: round(healthP99Ms, 1),
    target: `less than ${HEALTH_P99_MS}`,
    pass: healthP99Ms < HEALTH_P99_MS,
  };
}

/** The body is sent as it is. @returns the reply's status; of one that is put off, with the reason. */
function post(daemon: PrivateDaemon, body: Buffer): Promise<string> {
  const headers = { "content-type": "application/json", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const { socketPath } = daemon;
    const outgoing = request({ socketPath, method: "POST", path: "/api/classify/", headers }, (incoming) => {
      const status = String(incoming.statusCode);
      if (incoming.headers["retry-after"] === undefined) incoming.resume().on("end", () => resolve(status));
      else void json(incoming).then((problem) => resolve(`${status} ${(problem as { code: string }).code}`), reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function watchHealth({ socketPath }: PrivateDaemon): { stop(): Promise<number[]> } {
  const agent = keepAliveAgent(1);
  const took: number[] = [];
  let isOver = false;
  const work = (async () => {
    while (!isOver) {
      const from = performance.now();
      await callSocket({ socketPath, path: "/api/health/", agent });
      took.push(performance.now() - from);
      await delay(HEALTH_EVERY_MS);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await work;
      agent.destroy();
      return took;
    },
  };
}
