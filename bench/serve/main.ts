import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServedModel } from "../../src/daemon/model/served-model.ts";
import { prepareModel } from "../../src/daemon/workers/preparation.ts";
import { combot } from "./combot.ts";
import { GRAPHS, measureFloor } from "./floor.ts";
import type { FloorOrder, FloorResult } from "./floor.ts";
import { surroundings } from "./machine.ts";
import { measure } from "./measurement.ts";
import type { LoadPlan, Measurement } from "./measurement.ts";
import { openBenchModel } from "./model.ts";
import { readOptions, USAGE, UsageError } from "./options.ts";
import type { Options } from "./options.ts";
import { peer } from "./peer.ts";
import { installPm2 } from "./pm2.ts";
import { renderResult } from "./render.ts";
import { judge } from "./result.ts";
import type { Round, ServeResult } from "./result.ts";
import { BenchTexts } from "./texts.ts";

const WARM_UP_SECONDS = 3;
const FLOOR_TEXTS = 4096;
const PROBES = 16;
/** No server beats the floor by as much. */
const TEXTS_RESERVE = 2.5;

/** The comparison by itself, with options of its own; see bench/serve/benchmark.ts for those that are kept. */
export const serve = {
  name: "serve",
  summary: "combot between the model alone and a Fastify server under pm2: throughput, latency, memory, CPU",
  run: async (args: readonly string[]): Promise<number> => {
    try {
      const options = readOptions(args);
      if (!options) process.stdout.write(USAGE);
      return options ? await compare(options) : 0;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      process.stderr.write(`bench serve: ${error.message}\nSee npm run bench -- serve --help\n`);
      return 2;
    }
  },
};

async function compare(options: Options): Promise<number> {
  const stopped = new AbortController();
  const stop = (): void => stopped.abort(new Error("stopped by a signal"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  const result = await measureServe(options, stopped.signal);
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`${renderResult(result)}\n`);
  return result.verdicts.every(({ pass }) => pass !== false) ? 0 : 4;
}

export async function measureServe(options: Options, signal: AbortSignal): Promise<ServeResult> {
  installPm2(say);
  const model = await openBenchModel(options.model, say);
  const folder = mkdtempSync(join(tmpdir(), "combot-bench-"));
  try {
    return await new Comparison(options, model, await BenchTexts.of(model.encoder), folder, signal).run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Floor, combot, peer, floor, combot, peer …: what drifts on the machine hits all of them. */
class Comparison {
  readonly #options: Options;
  readonly #model: ServedModel;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #texts: BenchTexts;

  constructor(options: Options, model: ServedModel, texts: BenchTexts, folder: string, signal: AbortSignal) {
    this.#options = options;
    this.#model = model;
    this.#folder = folder;
    this.#signal = signal;
    this.#texts = texts;
  }

  async run(): Promise<ServeResult> {
    const { clients, seconds } = this.#options;
    const found = surroundings();
    const { name, modelPath } = this.#model;
    const idsFile = this.#write(
      "ids.json",
      (await this.#texts.take(FLOOR_TEXTS)).map(({ ids }) => ids),
    );
    const bestPath = await this.#bestGraph();
    const rounds: Round[] = [];
    let plan: (LoadPlan & { readonly distinctTexts: number }) | undefined;
    for (let turn = 1; turn <= this.#options.rounds; turn++) {
      const floor = await this.#floor({ idsFile, bestPath }, turn);
      // Where the machine was busy with something else, the first floor is not the highest.
      const wanted = await this.#plan(floor);
      if (!plan || wanted.distinctTexts > plan.distinctTexts) plan = wanted;
      const measured = {
        floor,
        combot: await this.#measure("combot", plan, turn),
        peer: await this.#measure("peer", plan, turn),
      };
      refuseDifferentAnswers(measured);
      rounds.push(measured);
    }
    return {
      benchmark: "serve",
      ...found,
      model: name,
      modelBytes: statSync(modelPath).size,
      clients,
      seconds,
      warmUpSeconds: WARM_UP_SECONDS,
      distinctTexts: plan?.distinctTexts ?? 0,
      verdicts: judge(rounds, name),
      rounds,
    };
  }

  async #floor(files: Pick<FloorOrder, "idsFile" | "bestPath">, turn: number): Promise<FloorResult> {
    const { modelPath, padId } = this.#model;
    this.#announce("floor", turn);
    const floor = await measureFloor({ modelPath, padId, ...files, seconds: this.#options.seconds }, this.#signal);
    for (const graph of GRAPHS) {
      const own = floor.tallies.filter((tally) => tally.graph === graph);
      say(
        `  ${graph}: ${own.map(({ batchSize, perSecond }) => `batch ${batchSize} ${perSecond.toFixed(1)}/s`).join(", ")}`,
      );
    }
    return floor;
  }

  /** What workers load where it answers like the plain one, which the floor looks at itself. */
  async #bestGraph(): Promise<string> {
    const preparedPath = join(this.#folder, "best.onnx");
    const { modelPath } = this.#model;
    const shorter = await prepareModel({
      type: "prepare",
      modelPath,
      preparedPath,
      weightsName: "best.weights",
      packed: true,
    });
    return shorter > 0 ? `${preparedPath}.1` : preparedPath;
  }

  async #measure(name: "combot" | "peer", plan: LoadPlan, turn: number): Promise<Measurement> {
    this.#announce(name, turn);
    const contender = { combot, peer }[name]({ model: this.#model, folder: this.#folder });
    const measured = await measure(contender, plan, this.#signal);
    const { perSecond, p50Ms, p99Ms, pssBytes, cpu } = measured;
    say(
      `  ${perSecond.toFixed(1)}/s, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, PSS ${(pssBytes / 1e6).toFixed(0)} MB, others' CPU ${cpu.othersPercent.toFixed(0)} %`,
    );
    return measured;
  }

  /** As many texts as the fastest server could ask for. */
  async #plan({ perSecond }: FloorResult): Promise<LoadPlan & { readonly distinctTexts: number }> {
    const { clients, seconds } = this.#options;
    const distinctTexts = Math.ceil(perSecond * TEXTS_RESERVE * (seconds + WARM_UP_SECONDS)) + clients;
    const texts = (await this.#texts.take(PROBES + distinctTexts)).map(({ text }) => text);
    const textsFile = this.#write("texts.json", texts.slice(PROBES));
    const probes = texts.slice(0, PROBES);
    return { clients, seconds, warmUpSeconds: WARM_UP_SECONDS, textsFile, probes, distinctTexts };
  }

  #write(name: string, content: unknown): string {
    const path = join(this.#folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  #announce(name: string, turn: number): void {
    this.#signal.throwIfAborted();
    say(`round ${turn} of ${this.#options.rounds}: ${name}`);
  }
}

/** A contender that answers something else is not doing the same work. */
function refuseDifferentAnswers({ combot, peer }: Round): void {
  const different = combot.labels.filter((label, at) => label !== peer.labels[at]).length;
  if (different > 0)
    throw new Error(`${different} of ${PROBES} texts got another label from combot than from the peer`);
}

function say(progress: string): void {
  process.stderr.write(`${progress}\n`);
}
