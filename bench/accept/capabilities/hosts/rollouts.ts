import type { Line } from "../../record.ts";
import { exactly } from "../containers/stage.ts";
import { holds } from "../machines/probes.ts";
import { HOSTS, MODELS } from "./fleet.ts";
import type { DeployRun, Fleet } from "./fleet.ts";
import { loadLines, underLoad } from "./load.ts";

const ALL_DEPLOYED = told(["deployed", "deployed", "deployed", "deployed"]);
const FAILING = 2;

/** A new version, a new model, one that fails on the third host, and the run that completes it. */
export async function* rollouts(fleet: Fleet, say: (progress: string) => void): AsyncGenerator<Line> {
  const { program, version } = fleet.nextProgram();
  say(`a new version, ${version}, host after host`);
  const upgraded = await underLoad(fleet, () => fleet.deploy(program));
  yield* runLines("a new version", upgraded.outcome, 0, ALL_DEPLOYED, say);
  yield exactly("a new version: what runs", versionsOf(await fleet.status(program)), told(HOSTS.map(() => version)));
  yield* loadLines("a new version", upgraded.load);

  say("a new model, host after host");
  const first = await underLoad(fleet, () => fleet.deploy(program, "--model", MODELS.first));
  yield* runLines("a new model", first.outcome, 0, ALL_DEPLOYED, say);
  yield exactly("a new model: who answers", await answerers(fleet), told(["first", "first", "first", "first"]));
  yield* loadLines("a new model", first.load);

  say("a model that the third host's daemon may not read");
  await fleet.machines[FAILING]!.sh("chmod", "700", MODELS.second);
  const failed = await underLoad(fleet, () => fleet.deploy(program, "--model", MODELS.second));
  const stands = told(["deployed", "deployed", "rolled-back", "waiting"]);
  yield* runLines("one that fails on host 3", failed.outcome, 4, stands, say);
  yield exactly(
    "one that fails on host 3: who answers",
    await answerers(fleet),
    told(["second", "second", "first", "first"]),
  );
  yield* detailLines(failed.outcome);
  yield* loadLines("one that fails on host 3", failed.load);

  say("the run that completes it");
  await fleet.machines[FAILING]!.sh("chmod", "755", MODELS.second);
  const completed = await underLoad(fleet, () => fleet.deploy(program, "--model", MODELS.second));
  yield* runLines("the next run", completed.outcome, 0, told(["same", "same", "deployed", "deployed"]), say);
  yield exactly("the next run: who answers", await answerers(fleet), told(["second", "second", "second", "second"]));
  yield* loadLines("the next run", completed.load);
}

function* runLines(
  what: string,
  { status: ended, hosts, stderr }: DeployRun,
  wantedStatus: number,
  wantedStands: string,
  say: (progress: string) => void,
): Generator<Line> {
  const stands = told(hosts.map(({ stand }) => stand));
  if (stands !== wantedStands) say([...hosts.map(({ host, detail }) => `${host}: ${detail}`), stderr].join("\n"));
  yield exactly(`${what}: exit status`, String(ended), String(wantedStatus));
  yield exactly(`${what}: where the hosts stand`, stands, wantedStands);
}

function* detailLines({ hosts }: DeployRun): Generator<Line> {
  const [failing, last] = [hosts[FAILING], hosts.at(-1)];
  const logged = failing?.faults.find((said) => said.includes("COMBOT_MODEL_DIR")) ?? "";
  const what = "one that fails on host 3";
  yield holds(
    `${what}: what is said of host 3`,
    failing?.detail ?? "",
    /"restart .* Now it runs [\d.]+, as before\.$/u,
  );
  yield holds(`${what}: why, as its daemon logged it`, logged, /./u);
  yield holds(`${what}: what is said of host 4`, last?.detail ?? "", /^not begun, and serves as before$/u);
}

function versionsOf({ hosts }: DeployRun): string {
  return told(hosts.map(({ version }) => version ?? "none"));
}

/** The name that each host's model has in its labels. */
async function answerers(fleet: Fleet): Promise<string> {
  const names: string[] = [];
  for (const at of HOSTS.keys()) names.push((await fleet.classifyOn(at, "is my order ok")).label.split(":")[0] ?? "");
  return told(names);
}

function told(words: readonly string[]): string {
  return words.join(", ");
}
