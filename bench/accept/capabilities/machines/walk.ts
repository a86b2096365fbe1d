import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { staysSame, takesSettings, takesOwnModel } from "./changes.ts";
import { isConfined } from "./confinement.ts";
import { leavesNothing } from "./leftovers.ts";
import { answersEach } from "./people.ts";
import { survivesPower } from "./power.ts";
import { deploy, equals, FIRST, forTheRecord, found, holds, serves, short } from "./probes.ts";
import { inState, installFrom, type Model, type Stage, stageFor } from "./stage.ts";
import { timersFire } from "./timers.ts";

/** In this order on one machine. */
const PARTS = [
  describes,
  plans,
  deploysFirst,
  isConfined,
  answersEach,
  survivesPower,
  staysSame,
  takesSettings,
  takesOwnModel,
  timersFire,
  leavesNothing,
] as const;

/** Everything that a user does with a machine, from the package to its last trace. */
export async function* walks(model: Model, say: (progress: string) => void): AsyncGenerator<Line> {
  const stage = await stageFor(model, say);
  const machine = await installed(stage);
  try {
    for (const part of PARTS) {
      try {
        yield* part(machine, stage.say);
      } catch (thrown) {
        // What comes next is worth knowing all the same.
        const measured = short(thrown instanceof Error ? thrown.message : String(thrown));
        yield { what: `${part.name}: it ended early`, measured, target: "not at all", pass: false };
      }
    }
  } finally {
    await machine.remove();
  }
}

/** Since when files count as left behind. */
export const START = "/root/start";

export async function installed(stage: Stage): Promise<VirtualMachine> {
  return inState(stage, "installed", async (machine) => {
    stage.say("installing the package");
    const seconds = await installFrom(machine, "combot.tgz");
    await machine.guest.sh(`echo ${seconds} >/root/install-seconds; sleep 1; touch ${START}`);
  });
}

async function* describes(machine: VirtualMachine): AsyncGenerator<Line> {
  const { guest } = machine;
  const facts = `. /etc/os-release; echo "$PRETTY_NAME, Linux $(uname -r), $(systemctl --version | head -n 1),
    $(nproc) cores, $(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo) MiB, swap $(awk '/^SwapTotal/ {print int($2 / 1024)}' /proc/meminfo) MiB,
    $(redis-server --version 2>/dev/null || valkey-server --version)"`;
  yield forTheRecord("machine", await found(machine, facts));
  yield equals("file system of /sys/fs/cgroup", await guest.sh("stat -fc %T /sys/fs/cgroup"), "cgroup2fs");
  yield forTheRecord("npm install -g, offline, s", Number(await guest.sh("cat /root/install-seconds")));
  for (const user of ["ops", "stranger"] as const)
    yield holds(`combot --version as ${user}`, (await guest.run("combot --version", { user })).stdout, /^combot\/\d/);
}

/** A plan changes nothing, whoever looks at it, and names what stands in the way. */
async function* plans(machine: VirtualMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  say("dry runs");
  const { guest } = machine;
  const plan = await guest.run("combot deploy --dry-run --profile auto", { user: "stranger" });
  yield equals("dry run beside the packaged Redis: exit status", plan.status, 4);
  yield holds("dry run: what stands in the way", plan.stderr, /--disable-packaged-redis/);
  const whole = await guest.run(`combot deploy --dry-run --diff ${FIRST.join(" ")}`, { user: "stranger" });
  yield equals("dry run that may disable it: exit status", whole.status, 0);
  const refused = await guest.run(`combot deploy --yes ${FIRST.join(" ")}`, { user: "stranger" });
  yield equals("deploy without root: exit status", refused.status, 4);
  yield holds("deploy without root: what to do", refused.stderr, /sudo combot deploy/);
  yield equals(
    "files that the dry runs left, but for the compiled program in each user's cache",
    await found(machine, `find / -xdev -newer ${START} -name '*combot*' -not -path '/proc/*' -not -path '*/.cache/*'`),
    "none",
  );
}

async function* deploysFirst(machine: VirtualMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  say("deploying");
  const from = performance.now();
  const { status, stderr } = await deploy(machine, ...FIRST);
  yield equals("deploy: exit status", status === 0 ? 0 : `${status} ${short(stderr.slice(-600))}`, 0);
  yield forTheRecord("deploy took, s", Math.round((performance.now() - from) / 1000));
  yield* serves(machine, "deployed");
}
