import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { deploy, equals, forTheRecord, found, holds, property, serves, short, untilHealthy } from "./probes.ts";

const BACKUP = "combot-backup.service";
const CHECK = "combot-check.service";
/** Past the hour of both, and past what is added to it at random. */
const SUNDAY = "date --set \"$(date --date 'next Sunday' +%F) 06:00:00\"";

/** On a Sunday morning both fire by themselves; the check succeeds without Redis too. */
export async function* timersFire(machine: VirtualMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  say("timers");
  const { guest } = machine;
  const began = async (unit: string): Promise<string> => property(machine, unit, "ExecMainStartTimestamp");
  const before = { backup: await began(BACKUP), check: await began(CHECK) };
  yield forTheRecord("timers", await found(machine, "systemctl list-timers --no-pager --no-legend 'combot*'"));
  await guest.sh(SUNDAY);
  await ended(machine, BACKUP, before.backup);
  yield* succeeded(machine, BACKUP, "the backup's timer fires");
  await ended(machine, CHECK, before.check);
  yield* succeeded(machine, CHECK, "the weekly check's timer fires");
  yield forTheRecord("backups", await found(machine, "ls /var/lib/combot/backups"));
  say("the weekly check without Redis");
  const off = await deploy(machine, "--redis", "off");
  yield equals("deploy --redis off: exit status", off.status === 0 ? 0 : short(off.stderr.slice(-400)), 0);
  await untilHealthy(machine);
  await guest.run(`systemctl start ${CHECK}`);
  yield* succeeded(machine, CHECK, "the weekly check without Redis");
  const managed = await deploy(machine, "--redis", "managed");
  yield equals("deploy --redis managed: exit status", managed.status === 0 ? 0 : short(managed.stderr.slice(-400)), 0);
  yield* serves(machine, "with Redis again");
}

async function* succeeded(machine: VirtualMachine, unit: string, what: string): AsyncGenerator<Line> {
  const result = await property(machine, unit, "Result");
  const log = await machine.guest.sh(`journalctl -u ${unit} -o cat --no-pager -n 60`);
  const told = result === "success" ? result : `${result}: ${short(log.slice(-380))}`;
  yield holds(`${what}: result`, told, /^success$/);
}

async function ended(machine: VirtualMachine, unit: string, before: string): Promise<void> {
  await machine.guest.sh(
    `for i in $(seq 1800); do
      now=$(systemctl show --property ExecMainStartTimestamp --value ${unit})
      test "$now" != '${before}' && systemctl show --property ActiveState --value ${unit} | grep -qE '^(inactive|failed)$' && exit
      sleep 1
    done; exit 1`,
  );
}
