import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { underClients } from "./load.ts";
import { deploy, equals, found, holds, property, serves } from "./probes.ts";

type Say = (progress: string) => void;

const pids = async (machine: VirtualMachine): Promise<string> =>
  `${await property(machine, "combot-enhanced", "MainPID")} ${await property(machine, "combot-redis", "MainPID")}`;

export async function* staysSame(machine: VirtualMachine, say: Say): AsyncGenerator<Line> {
  say("deploying once more");
  const before = await pids(machine);
  const { status, stderr } = await deploy(machine);
  yield equals("second deploy: exit status", status, 0);
  yield holds("second deploy: what it says", stderr, /Nothing to do/);
  yield equals("second deploy: processes are the same", (await pids(machine)) === before, true);
}

/** By deploy under clients, and back. */
export async function* takesSettings(machine: VirtualMachine, say: Say): AsyncGenerator<Line> {
  say("changing a setting");
  const { guest } = machine;
  const redis = await property(machine, "combot-redis", "MainPID");
  const inForce = `combot config --json 2>/dev/null | grep -A 1 '"MAX_REQUESTS"' | tail -n 1`;
  await guest.sh("echo MAX_REQUESTS=4321 >>/etc/combot/combot.env");
  yield* underClients(machine, "changed setting", async function* () {
    const { status, stderr } = await deploy(machine);
    yield equals("changed setting: exit status of deploy", status === 0 ? 0 : stderr.slice(-300), 0);
    yield* serves(machine, "changed setting");
  });
  yield equals("changed setting: Redis went on", await property(machine, "combot-redis", "MainPID"), redis);
  yield holds("changed setting: in force", await found(machine, inForce), /4321/);
  yield* underClients(machine, "rollback of it", async function* () {
    const { status, stderr } = await deploy(machine, "--rollback");
    yield equals("rollback of it: exit status", status === 0 ? 0 : stderr.slice(-300), 0);
    yield* serves(machine, "rolled back");
  });
}

export async function* takesOwnModel(machine: VirtualMachine, say: Say): AsyncGenerator<Line> {
  say("deploying a model of one's own");
  const { guest } = machine;
  await guest.sh(
    "mkdir -p /opt/models && cp -r /usr/local/lib/node_modules/combot/models/shop-intents /opt/models/own && chmod -R a+rX /opt/models",
  );
  const { status, stderr } = await deploy(machine, "--model", "/opt/models/own");
  yield equals("own model: exit status of deploy", status === 0 ? 0 : stderr.slice(-300), 0);
  yield* serves(machine, "own model");
  const { stdout } = await guest.run("combot status --json");
  const { health } = JSON.parse(stdout) as { health: { model: { dir: string } } };
  yield equals("own model: the folder that it serves from", health.model.dir, "/opt/models/own");
}
