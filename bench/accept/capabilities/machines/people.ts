import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { equals, holds } from "./probes.ts";

const READS = ["status", "classify 'is it open today'", "history"] as const;

/** As root, as a member of combot, of combot-admin and of neither: each may what it may, and is told what it may not. */
export async function* answersEach(machine: VirtualMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  say("as root, clerk, lead and stranger");
  const { guest } = machine;
  await guest.sh("usermod -aG combot clerk; usermod -aG combot-admin lead");
  for (const user of [undefined, "clerk", "lead"] as const)
    for (const command of READS) {
      const { status, stderr } = await guest.run(`combot ${command}`, user ? { user } : {});
      const what = `combot ${command.split(" ")[0]} as ${NAMES[user ?? "root"]}`;
      yield equals(what, status === 0 ? 0 : `${status} ${stderr.slice(0, 300)}`, 0);
    }
  for (const user of [undefined, "lead"] as const)
    for (const command of ["recycle --slot 0", "decisions"]) {
      const { status, stderr } = await guest.run(`combot ${command}`, user ? { user } : {});
      const what = `combot ${command.split(" ")[0]} as ${NAMES[user ?? "root"]}`;
      yield equals(what, status === 0 ? 0 : `${status} ${stderr.slice(0, 300)}`, 0);
    }
  const refused = await guest.run("combot recycle", { user: "clerk" });
  yield holds("combot recycle as a member of combot", `${refused.status} ${refused.stderr}`, /^3 .*combot-admin/s);
  const neither = await guest.run("combot classify hello", { user: "stranger" });
  yield holds("combot classify as neither", `${neither.status} ${neither.stderr}`, /^3 .*group combot/s);
  yield equals("stack traces among what they were told", /\n\s+at /.test(refused.stderr + neither.stderr), false);
}

const NAMES = { root: "root", clerk: "a member of combot", lead: "a member of combot-admin alone" } as const;
