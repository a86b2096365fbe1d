import { setTimeout as delay } from "node:timers/promises";
import { callSocket } from "../../../../scripts/support/socket-request.ts";
import type { DeployedMachine } from "../../../../test/support/deploy/deployed-machine.ts";
import { runClients } from "../../clients.ts";
import type { Tally } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { quantile, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { equals, mainPid, onMachine, socketsOf, UNIT, untilHealthy } from "./on-machine.ts";

const RESTARTS = 10;
const CLIENTS = 50;
/** Between the calls of those whose connections are idle most of the time, as those of a backend with a pool are. */
const PAUSE_MS = 300;
const STOPPED_MS = 5000;

/** Restarts refuse and lose nothing, and a stop is a stop. */
export async function* restarts(say: (progress: string) => void): AsyncGenerator<Line> {
  yield* onMachine(true, async function* (it) {
    yield* underClients(it, say);
    yield* staysStopped(it);
  });
}

async function* underClients(it: DeployedMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  const pids = new Set<string>();
  let isOver = false;
  const common = { socketPath: socketsOf(it).user, clients: CLIENTS, texts: shopTexts(), isOver: () => isOver };
  const load = runClients(common);
  const pausing = runClients({ ...common, pauseMs: PAUSE_MS });
  for (let count = 1; count <= RESTARTS; count++) {
    await delay(1000);
    // A sixth start in five minutes is refused, as after five crashes.
    await it.machine.run(["systemctl", "reset-failed", UNIT]);
    await it.machine.sh("systemctl", "restart", "combot-enhanced");
    await untilHealthy(it);
    pids.add(await mainPid(it));
    say(`${count} restarts`);
  }
  await delay(1000);
  isOver = true;
  yield equals(`restarts under ${CLIENTS} clients: daemons that served, one after the other`, pids.size, RESTARTS);
  const { sent, latenciesMs } = await load;
  yield { what: "calls sent meanwhile", measured: sent, target: "at least 1000", pass: sent >= 1000 };
  yield* lostOf(await load, "calls", say);
  yield* lostOf(await pausing, `calls of ${CLIENTS} more clients that pause`, say);
  const longest = round(quantile(latenciesMs, 1));
  yield {
    what: "longest answer, a restart and the model's load included, ms",
    measured: longest,
    target: "for the record",
    pass: true,
  };
}

function* lostOf({ sent, ok, failures }: Tally, calls: string, say: (progress: string) => void): Generator<Line> {
  for (const [failure, count] of failures) say(`${count} × ${failure}`);
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  yield equals(`${calls} refused or failed`, failed, 0);
  yield equals(`${calls} lost (sent − answered)`, sent - ok - failed, 0);
}

async function* staysStopped(it: DeployedMachine): AsyncGenerator<Line> {
  let isOver = false;
  let answered = 0;
  const poll = async (): Promise<void> => {
    for (; !isOver; await delay(50)) {
      const call = { socketPath: socketsOf(it).user, path: "/api/health/" };
      await callSocket(call).then(
        () => answered++,
        () => undefined,
      );
    }
  };
  const polling = poll();
  await it.machine.sh("systemctl", "stop", "combot-enhanced");
  const before = answered;
  await delay(STOPPED_MS);
  const states = await it.machine.run(["systemctl", "is-active", UNIT, "combot-enhanced.socket"]);
  yield equals(
    "stopped under a client that polls: states 5 s later",
    states.stdout.trim().replace("\n", ", "),
    "inactive, inactive",
  );
  yield equals("answers that the client got in those 5 s", answered - before, 0);
  await it.machine.sh("systemctl", "start", "combot-enhanced");
  await untilHealthy(it);
  await delay(200);
  isOver = true;
  await polling;
  yield equals("started again, the same client is answered", answered > before, true);
}
