import { gatherMachineFacts } from "../machine-facts/gather.ts";
import { machineInALine } from "../machine-facts/words.ts";
import type { Facts } from "./facts.ts";

/** What the plan is for: the machine, and what of it bears on units and limits. */
export async function machineLine({ distribution, systemdVersion, cgroupVersion, nodeVersion, machine }: Facts) {
  const found = await gatherMachineFacts();
  const known =
    found.cpu && found.distribution ? machineInALine(found) : `${distribution.name}, ${machine.cores} cores`;
  return `${known}; systemd ${systemdVersion ?? "none"}, cgroup v${cgroupVersion}, Node ${nodeVersion}`;
}
