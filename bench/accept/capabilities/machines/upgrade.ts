import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { underClients } from "./load.ts";
import { hasWholeJournal } from "./power.ts";
import { deploy, equals, FIRST, forTheRecord, holds, serves, short, untilHealthy } from "./probes.ts";
import { inState, installFrom, type Model, stageFor } from "./stage.ts";

/** What the operator has made, and deploy must keep: settings, secrets, a token, a model and its own weights. */
const KEPT = "sha256sum /etc/combot/credentials/* && grep -c 4321 /etc/combot/combot.env && ls -d /opt/models/own";
const PORT = 8090;

/** From 0.1.0 as it was first whole to this version and back, each under clients. */
export async function* upgrades(model: Model, say: (progress: string) => void): AsyncGenerator<Line> {
  const stage = await stageFor(model, say);
  const machine = await inState(stage, "earlier", (made) => deployEarlier(made, stage.say));
  try {
    yield* upgradesOn(machine, stage.say);
  } finally {
    await machine.remove();
  }
}

export async function* upgradesOn(machine: VirtualMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  const { guest } = machine;
  await untilHealthy(machine);
  const [release, kept, minutes] = [await releaseOf(machine), await guest.sh(KEPT), await minutesOf(machine)];
  say("upgrading under clients");
  yield forTheRecord("npm install -g over the earlier one, s", await installFrom(machine, "combot.tgz"));
  yield* underClients(machine, "upgrade", async function* () {
    const { status, stderr } = await deploy(machine);
    yield equals("upgrade: exit status", status === 0 ? 0 : short(stderr.slice(-400)), 0);
    yield* serves(machine, "upgraded");
  });
  yield equals("upgraded: another release runs", (await releaseOf(machine)) !== release, true);
  yield* keeps(machine, "upgraded", { kept, minutes });
  say("going back under clients");
  const later = await minutesOf(machine);
  yield* underClients(machine, "back", async function* () {
    const { status, stderr } = await deploy(machine, "--rollback");
    yield equals("back: exit status", status === 0 ? 0 : short(stderr.slice(-400)), 0);
    yield* serves(machine, "back");
  });
  yield equals("back: the release that runs", await releaseOf(machine), release);
  yield* keeps(machine, "back", { kept, minutes: later });
}

export async function deployEarlier(machine: VirtualMachine, say: (progress: string) => void): Promise<void> {
  const { guest } = machine;
  say("installing and deploying the earlier version");
  await installFrom(machine, "earlier.tgz");
  await guest.sh(`mkdir -p /opt/models
    cp -r /usr/local/lib/node_modules/combot/models/shop-intents /opt/models/own; chmod -R a+rX /opt/models`);
  const first = await deploy(machine, ...FIRST, "--model /opt/models/own");
  if (first.status !== 0) throw new Error(`the earlier version does not deploy: ${first.stderr}`);
  await guest.sh(`
    printf 'MAX_REQUESTS=4321\\nCOMBOT_LISTEN=127.0.0.1:${PORT}\\nCOMBOT_TOKEN_FILE=token\\n' >>/etc/combot/combot.env
    umask 077; head -c 32 /dev/urandom | sha256sum | cut -d ' ' -f 1 >/etc/combot/credentials/token`);
  const second = await deploy(machine);
  if (second.status !== 0) throw new Error(`the earlier version does not take a token: ${second.stderr}`);
  await untilHealthy(machine);
  // The journal gets its first rows.
  await guest.sh("for i in $(seq 15); do combot classify 'where is my parcel' >/dev/null; sleep 10; done");
}

async function* keeps(
  machine: VirtualMachine,
  when: string,
  before: { readonly kept: string; readonly minutes: number },
): AsyncGenerator<Line> {
  const { guest } = machine;
  yield equals(`${when}: settings, secrets and model are the same`, (await guest.sh(KEPT)) === before.kept, true);
  const minutes = await minutesOf(machine);
  const target = `at least the ${before.minutes} from before`;
  yield { what: `${when}: minutes in the journal`, measured: minutes, target, pass: minutes >= before.minutes };
  yield* hasWholeJournal(machine, when);
  const { health } = JSON.parse(await guest.sh("combot status --json")) as { health: { model: { dir: string } } };
  yield equals(`${when}: the folder that it serves from`, health.model.dir, "/opt/models/own");
  const ask = `curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:${PORT}/api/metrics/`;
  const codes = `${await guest.sh(ask)} ${await guest.sh(`${ask} -H "Authorization: Bearer $(cat /etc/combot/credentials/token)"`)}`;
  yield holds(`${when}: over TCP without and with the token`, codes, /^401 200$/);
}

const releaseOf = (machine: VirtualMachine): Promise<string> => machine.guest.sh("readlink /opt/combot/current");

async function minutesOf(machine: VirtualMachine): Promise<number> {
  const reply = JSON.parse(await machine.guest.sh("combot history --json --since 1d --step 1m")) as {
    points: object[];
  };
  return reply.points.length;
}
