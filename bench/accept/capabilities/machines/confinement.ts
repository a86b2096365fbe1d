import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { equals, found, holds, property } from "./probes.ts";

const SERVICES = ["combot-enhanced.service", "combot-redis.service"];
const EXPOSURE_AT_MOST = 1.5;

/** What systemd thinks of the units, and that the kernel has the limits that they name. */
export async function* isConfined(machine: VirtualMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  say("limits and confinement");
  const { guest } = machine;
  yield equals(
    "what systemd-analyze verify says",
    await found(machine, "systemd-analyze verify --man=no /etc/systemd/system/combot*.* 2>&1"),
    "none",
  );
  for (const unit of SERVICES) {
    const report = await guest.sh(`systemd-analyze security --no-pager ${unit}`);
    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(report)?.[1]);
    yield {
      what: `exposure of ${unit}`,
      measured: exposure,
      target: `at most ${EXPOSURE_AT_MOST}`,
      pass: exposure <= EXPOSURE_AT_MOST,
    };
    const group = `/sys/fs/cgroup${await property(machine, unit, "ControlGroup")}`;
    const read = (file: string): Promise<string> => guest.sh(`cat ${group}/${file}`);
    yield equals(`memory.max of ${unit}`, await read("memory.max"), await property(machine, unit, "MemoryMax"));
    yield equals(`memory.swap.max of ${unit}`, await read("memory.swap.max"), "0");
    yield equals(`pids.max of ${unit}`, await read("pids.max"), await property(machine, unit, "TasksMax"));
    yield holds(`memory.events of ${unit}`, await read("memory.events"), /^oom_kill 0$/m);
    yield holds(`memory.pressure of ${unit}`, await read("memory.pressure"), /^some avg10=/);
  }
  const { stdout } = await guest.run("combot status --json");
  const { memory } = JSON.parse(stdout) as { memory?: { pressure: object | null; limitBytes: number; source: string } };
  yield equals("the daemon reads stalls", memory?.pressure !== null && memory?.pressure !== undefined, true);
  const log = await guest.sh("journalctl -u combot-enhanced -o cat | grep -m 1 -i 'limit' || true");
  yield holds("what the daemon says of its limits", log || `${memory?.source} ${memory?.limitBytes}`, /./);
}
