import { parseArgs } from "node:util";
import { messageOf } from "../../src/lib/errors.ts";
import { msOf, positiveOf } from "../../src/lib/planning/given.ts";
import { machineNamed } from "../../src/lib/planning/machines.ts";
import { perUserRateOf } from "../../src/lib/per-user-rate.ts";
import { variantsOf } from "../../src/lib/planning/request.ts";
import { MIB } from "../../src/lib/units.ts";
import { MODELS, type ModelName } from "./figures.ts";
import { type FleetRequest, simulateFleets } from "./fleet.ts";
import { renderFleet } from "./text.ts";

const USAGE = `npm run simulate -- fleet [--users 50000] [--per-user 2/min] [--model ${Object.keys(MODELS).join("|")}]
  [--hosts 100] [--machine t3.large] [--speed 1] [--credits unlimited|standard] [--masters 3] [--texts 20000] [--new 0.2]
  [--balancer-per-second N] [--hop 0.3ms] [--seed 1] [--json]`;

/** System, a proxy, an agent. */
const BESIDE_BYTES = 700 * MIB;

const OPTIONS = {
  users: { type: "string", default: "50000" },
  "per-user": { type: "string", default: "2/min" },
  model: { type: "string", default: "distilbert-int8" },
  hosts: { type: "string", default: "100" },
  machine: { type: "string", default: "t3.large" },
  speed: { type: "string", default: "1" },
  credits: { type: "string", default: "unlimited" },
  masters: { type: "string", default: "3" },
  texts: { type: "string", default: "20000" },
  new: { type: "string", default: "0.2" },
  "balancer-per-second": { type: "string" },
  hop: { type: "string", default: "0ms" },
  seed: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
} as const;

/** @throws what is wrong with the arguments. */
function requestOf(args: readonly string[]): { readonly request: FleetRequest; readonly asJson: boolean } {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (positionals.join(" ") !== "fleet") throw new Error("say what is to be simulated: fleet");
  if (!Object.hasOwn(MODELS, values.model)) throw new Error(`--model ${values.model}: no benchmark has it`);
  const machine = machineNamed(values.machine, { cores: 2, memoryBytes: 8 * 1024 * MIB });
  const [variant] = variantsOf({
    machine,
    speed: positiveOf("--speed", values.speed),
    unlimited: values.credits !== "standard",
    besideBytes: BESIDE_BYTES,
    besideMs: 0,
    whatIf: [],
    env: {},
    envFile: undefined,
  });
  if (!variant) throw new Error("no machine");
  const balancer = values["balancer-per-second"];
  const request: FleetRequest = {
    users: wholeOf("--users", values.users),
    perUserPerSecond: perUserRateOf(values["per-user"], 1),
    model: values.model as ModelName,
    variant,
    hosts: wholeOf("--hosts", values.hosts),
    masters: wholeOf("--masters", values.masters),
    texts: wholeOf("--texts", values.texts),
    newShare: shareOf("--new", values.new),
    balancerPerSecond: balancer === undefined ? null : wholeOf("--balancer-per-second", balancer),
    hopMs: msOf("--hop", values.hop),
    seed: wholeOf("--seed", values.seed),
  };
  return { request, asJson: values.json };
}

function wholeOf(flag: string, text: string): number {
  const value = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new Error(`${flag} ${text}: give a whole number above 0`);
}

function shareOf(flag: string, text: string): number {
  const value = /^\d(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value <= 1) return value;
  throw new Error(`${flag} ${text}: give a share, as 0.2`);
}

async function main(): Promise<void> {
  let asked;
  try {
    asked = requestOf(process.argv.slice(2));
  } catch (thrown) {
    process.stderr.write(`${messageOf(thrown)}\n${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  const report = await simulateFleets(asked.request, (stage) => process.stderr.write(`${stage} …\n`));
  process.stdout.write(asked.asJson ? `${JSON.stringify(report, null, 2)}\n` : `${renderFleet(report)}\n`);
}

await main();
