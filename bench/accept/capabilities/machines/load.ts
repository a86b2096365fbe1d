import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { equals } from "./probes.ts";

const CLIENTS = 20;
const PAUSE_MS = 500;
const OVER = "/run/load-over";
const PROCESS = "/mnt/bench/accept/capabilities/machines/load-process.ts";

/** Does something while clients in the machine ask all the time. */
export async function* underClients(
  machine: VirtualMachine,
  what: string,
  act: () => AsyncGenerator<Line>,
): AsyncGenerator<Line> {
  const { guest } = machine;
  await guest.sh(`rm -f ${OVER}`);
  const load = guest.run(`node ${PROCESS} ${CLIENTS} ${PAUSE_MS} ${OVER}`);
  await untilAsked(machine);
  yield* act();
  await guest.sh(`sleep 5; touch ${OVER}`);
  const { stdout, stderr } = await load;
  const { sent, ok, failures } = JSON.parse(stdout || `{"failures":[["${stderr.slice(0, 100)}",1]]}`) as {
    sent: number;
    ok: number;
    failures: [string, number][];
  };
  const failed = failures.map(([failure, count]) => `${count} × ${failure}`).join(", ") || "none";
  yield {
    what: `${what}: calls sent by ${CLIENTS} clients`,
    measured: sent,
    target: "at least 20",
    pass: sent >= CLIENTS,
  };
  yield equals(`${what}: calls that failed`, failed, "none");
  yield equals(
    `${what}: calls lost (sent − answered)`,
    sent - ok - failures.reduce((sum, [, count]) => sum + count, 0),
    0,
  );
}

/** Until the clients' calls arrive: their program takes a while to start. */
export async function untilAsked(machine: VirtualMachine): Promise<void> {
  await machine.guest.sh(
    `for i in $(seq 1200); do test "$(ss -Hx state established src /run/combot/combot.sock | wc -l)" -ge 5 && exit; sleep 1; done; exit 1`,
  );
}

/** Begins to ask and goes on until the machine ends. */
export async function askOnAndOn(machine: VirtualMachine): Promise<void> {
  const { guest } = machine;
  await guest.sh(`rm -f ${OVER}; setsid node ${PROCESS} ${CLIENTS} ${PAUSE_MS} ${OVER} >/dev/null 2>&1 </dev/null &`);
  await untilAsked(machine);
}
