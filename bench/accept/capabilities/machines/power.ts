import { setTimeout as delay } from "node:timers/promises";
import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { askOnAndOn } from "./load.ts";
import { equals, forTheRecord, holds, serves } from "./probes.ts";

const TRAFFIC_MS = 75_000;

/** An orderly restart, and the power gone while clients ask. */
export async function* survivesPower(machine: VirtualMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  say("rebooting");
  yield equals("systemd after a reboot", await machine.reboot(), "running");
  yield* serves(machine, "rebooted");
  say("cutting the power under clients");
  await askOnAndOn(machine);
  // The journal has a row a minute: one is being written or was just written.
  await delay(TRAFFIC_MS);
  await machine.cutPower();
  yield equals("systemd after a power cut in traffic", await machine.boot(), "running");
  yield* serves(machine, "after a power cut in traffic");
  yield* hasWholeJournal(machine, "after a power cut in traffic");
}

export async function* hasWholeJournal(machine: VirtualMachine, when: string): AsyncGenerator<Line> {
  const { guest } = machine;
  const check = `const { DatabaseSync } = require("node:sqlite");
    const db = new DatabaseSync("/var/lib/combot/journal.db", { readOnly: true });
    console.log(db.prepare("PRAGMA integrity_check").get().integrity_check);`;
  await guest.write("/root/check-journal.cjs", check);
  yield holds(`${when}: PRAGMA integrity_check`, await guest.sh("node /root/check-journal.cjs 2>&1"), /^ok$/m);
  const { points } = JSON.parse(await guest.sh("combot history --json --since 1d --step 1m")) as { points: object[] };
  yield forTheRecord(`${when}: minutes in the journal`, points.length);
}
