import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import type { ClassifyReply, SeveralReply } from "../../../../src/lib/protocol/classify.ts";
import type { ModelRow, ModelsReply } from "../../../../src/lib/protocol/models.ts";
import { bundledTexts } from "../../../../src/lib/perf/texts.ts";
import { hangLimitMs } from "../../../../src/lib/slowness.ts";
import { writeFolder } from "../../../model/folder.ts";
import { readOptions } from "../../../model/options.ts";
import type { Line } from "../../record.ts";
import { median, quantile, round } from "../../statistics.ts";

const NAMES = ["intent", "sentiment", "language"] as const;
const CLIENTS = 20;
const ROUNDS = 5;
const ROUND_MS = 12_000;
const WARM_UP_MS = 3000;
const CACHED_TEXTS = 200;

type Ask = (text: string, agent: ReturnType<typeof keepAliveAgent>) => Promise<void>;

/** Three models of MiniLM's size: a text asked of all of them in one call, and in three calls one after another. */
export async function* together(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "combot-together-"));
  say("making three models of MiniLM's size");
  for (const [at, name] of NAMES.entries()) {
    const args = ["--preset", "minilm", "--int8", "--seed", String(at + 1), "--out", join(folder, name)];
    writeFolder(join(folder, name), readOptions(args)!.spec, false, () => undefined);
  }
  const env = { COMBOT_MODELS_DIR: folder, WORKERS: "2", LOG_LEVEL: "error", MAX_CACHE_SIZE: "10000" };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: hangLimitMs(60_000) });
  try {
    say("loading each of them");
    for (const name of NAMES) await daemon.json("POST", `/api/models/${name}/load/?wait=true`);
    yield* compared(daemon, say);
    yield* cachedParts(daemon, say);
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* compared({ socketPath }: PrivateDaemon, say: (progress: string) => void): AsyncGenerator<Line> {
  const post = async (body: object, agent: ReturnType<typeof keepAliveAgent>): Promise<string> => {
    const { status, text } = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent });
    if (status !== 200) throw new Error(`${status} ${text}`);
    return text;
  };
  const inOne: Ask = async (text, agent) => {
    const { results } = JSON.parse(await post({ text, models: NAMES, noCache: true }, agent)) as SeveralReply;
    if (Object.keys(results[0]!.byModel).length !== NAMES.length) throw new Error("not all have answered");
  };
  const inThree: Ask = async (text, agent) => {
    for (const model of NAMES) JSON.parse(await post({ text, model, noCache: true }, agent)) as ClassifyReply;
  };
  await load(inOne, WARM_UP_MS);
  const figures = { one: [] as Figures[], three: [] as Figures[] };
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    say(`${CLIENTS} clients, round ${turn + 1} of ${ROUNDS}`);
    const ways = turn % 2 === 0 ? (["one", "three"] as const) : (["three", "one"] as const);
    for (const way of ways) figures[way].push(await load(way === "one" ? inOne : inThree, ROUND_MS));
  }
  const of = (way: "one" | "three", key: keyof Figures): number => median(figures[way].map((one) => one[key]));
  yield record("texts/s, asked of three models in one call", round(of("one", "perSecond"), 1));
  yield record("texts/s, asked in three calls over one connection", round(of("three", "perSecond"), 1));
  const share = round(of("one", "perSecond") / of("three", "perSecond"), 3);
  yield { what: "one call, share of the rate of three", measured: share, target: "at least 0.95", pass: share >= 0.95 };
  const [p99, p99Of3] = [round(of("one", "p99Ms"), 1), round(of("three", "p99Ms"), 1)];
  yield record("p99 of three calls, ms", p99Of3);
  yield { what: "p99 of one call, ms", measured: p99, target: `below ${p99Of3}`, pass: p99 < p99Of3 };
}

interface Figures {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Closed loop, a connection each. */
async function load(ask: Ask, durationMs: number): Promise<Figures> {
  const { texts } = bundledTexts();
  const tookMs: number[] = [];
  const from = performance.now();
  let asked = Math.floor(Math.random() * texts.length);
  const client = async (): Promise<void> => {
    const agent = keepAliveAgent(1);
    while (performance.now() - from < durationMs) {
      const text = texts[asked++ % texts.length]!;
      const begunMs = performance.now();
      await ask(text, agent);
      tookMs.push(performance.now() - begunMs);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { perSecond: (tookMs.length / (performance.now() - from)) * 1000, p99Ms: quantile(tookMs, 0.99) };
}

/** Of one model all is cached, which is not even loaded; of another nothing. */
async function* cachedParts(daemon: PrivateDaemon, say: (progress: string) => void): AsyncGenerator<Line> {
  say("parts that are cached");
  const texts = bundledTexts().texts.slice(0, CACHED_TEXTS);
  const classify = (body: object): Promise<unknown> => daemon.json("POST", "/api/classify/", body);
  const [cached, other] = NAMES;
  for (const text of texts) await classify({ text, model: cached });
  await daemon.json("POST", `/api/models/${cached}/unload/?wait=true`);
  const rowOf = async (name: string): Promise<ModelRow> =>
    (await daemon.json<ModelsReply>("GET", "/api/models/")).models.find((row) => row.name === name)!;
  const { loads } = await rowOf(cached);
  const sources: unknown[] = [];
  for (const text of texts) {
    const { results } = (await classify({ text, models: [cached, other] })) as SeveralReply;
    const said = results[0]!.byModel[cached]!;
    sources.push("cached" in said && said.cached);
  }
  const fromMemory = sources.filter((source) => source === "memory").length;
  yield same("cached parts given, of as many texts", fromMemory, texts.length);
  yield same("loads of the model that they are of, which is not loaded", (await rowOf(cached)).loads - loads, 0);
  yield same("workers of that model afterwards", (await rowOf(cached)).workers, 0);
}

function same(what: string, measured: number, wanted: number): Line {
  return { what, measured, target: String(wanted), pass: measured === wanted };
}

function record(what: string, measured: number): Line {
  return { what, measured, target: "for the record", pass: true };
}
