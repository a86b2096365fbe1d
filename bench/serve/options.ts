import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { PRESETS } from "./model.ts";
import type { Preset } from "./model.ts";

/** The command line can't be followed: the message says why. */
export class UsageError extends Error {}

export interface Options {
  /** A model of our own making, or a folder. */
  readonly model: { readonly preset: Preset } | { readonly dir: string };
  /** Of each measurement, warm-up not counted. */
  readonly seconds: number;
  readonly rounds: number;
  readonly clients: number;
  /** Where the result goes as JSON. */
  readonly jsonFile: string | undefined;
}

export const USAGE = `Measures combot between the floor (the model alone) and its peer (Fastify and onnxruntime-node under pm2).

  npm run bench -- serve [options]

  --preset NAME   ${PRESETS.join(", ")} (default ${PRESETS[0]}); made when it isn't there
  --model DIR     a model folder instead
  --seconds N     of each measurement (default 20)
  --rounds N      floor, combot and peer in turn, this many times (default 3)
  --clients N     each asks again when it has its answer (default 50)
  --json FILE     every figure, as JSON
`;

const FLAGS = {
  preset: { type: "string" },
  model: { type: "string" },
  seconds: { type: "string", default: "20" },
  rounds: { type: "string", default: "3" },
  clients: { type: "string", default: "50" },
  json: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** @returns undefined where help was asked for. @throws {UsageError} on anything that can't be followed. */
export function readOptions(args: readonly string[]): Options | undefined {
  const given = parse(args);
  if (given.help) return undefined;
  if (given.model !== undefined && given.preset !== undefined)
    throw new UsageError("give --model or --preset, not both");
  return {
    model: given.model === undefined ? { preset: presetOf(given.preset ?? PRESETS[0]) } : { dir: resolve(given.model) },
    seconds: wholeNumber("--seconds", given.seconds, 4),
    rounds: wholeNumber("--rounds", given.rounds, 1),
    clients: wholeNumber("--clients", given.clients, 1),
    jsonFile: given.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function presetOf(name: string): Preset {
  const found = PRESETS.find((preset) => preset === name);
  if (!found) throw new UsageError(`--preset ${name}: there are ${PRESETS.join(", ")}`);
  return found;
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= 10_000) return value;
  throw new UsageError(`${flag} ${text}: a whole number from ${least} to 10000 is wanted`);
}
