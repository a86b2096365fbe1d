import type { Benchmark } from "../benchmark.ts";
import { measureServe } from "./main.ts";
import { PRESETS } from "./model.ts";
import type { Preset } from "./model.ts";
import { spreadOf } from "./result.ts";
import type { Round, ServeResult, Verdict } from "./result.ts";

const CLIENTS = 50;

/** The comparison with one of the models of our own making. */
export const serveBenchmarks: readonly Benchmark[] = PRESETS.map((preset) => benchmarkOf(preset));

function benchmarkOf(preset: Preset): Benchmark {
  return {
    name: `serve-${preset}`,
    summary: `${preset}: combot, the model alone (floor; best floor: fused, shortened and packed), and Fastify with onnxruntime-node under pm2 (peer); none cached`,
    run: async ({ quick, signal }) => {
      const [rounds, seconds] = quick ? [1, 4] : [3, 10];
      const options = { model: { preset }, seconds, rounds, clients: CLIENTS, jsonFile: undefined };
      const result = await measureServe(options, signal);
      return { verdicts: [...figures(result.rounds), ...result.verdicts], notes: notes(result) };
    },
  };
}

/** What the ratios are made of. */
function figures(rounds: readonly Round[]): Verdict[] {
  const row = (what: string, of: (round: Round) => number): Verdict => ({ what, figure: spreadOf(rounds.map(of)) });
  return [
    row("requests/s, floor", ({ floor }) => floor.perSecond),
    row("requests/s, best floor", ({ floor }) => floor.best.perSecond),
    row("requests/s, combot", ({ combot }) => combot.perSecond),
    row("requests/s, peer", ({ peer }) => peer.perSecond),
    row("p99 ms, combot", ({ combot }) => combot.p99Ms),
    row("p99 ms, peer", ({ peer }) => peer.p99Ms),
    row("PSS of the tree in MB, combot", ({ combot }) => combot.pssBytes / 1e6),
    row("PSS of the tree in MB, peer", ({ peer }) => peer.pssBytes / 1e6),
  ];
}

function notes({ model, modelBytes, distinctTexts, seconds, rounds }: ServeResult): string[] {
  const others = rounds.flatMap(({ floor, combot, peer }) => [floor, combot, peer].map(({ cpu }) => cpu.othersPercent));
  return [
    `${model}, ${(modelBytes / 1e6).toFixed(0)} MB; ${distinctTexts} texts of 5 to 60 tokens, none twice; ${seconds} s each.`,
    `Anybody else on the machine took at most ${Math.max(...others).toFixed(0)}% of a core.`,
  ];
}
