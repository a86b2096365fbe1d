import { rmSync } from "node:fs";
import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { deploy, equals, FIRST, forTheRecord, serves, short } from "./probes.ts";
import type { Model, Stage } from "./stage.ts";
import { stageFor } from "./stage.ts";
import { installed } from "./walk.ts";

interface Cut {
  /** The step that had just begun: all before it were done. */
  readonly step: string;
  readonly disk: string;
}

const GO = "/run/go-on";

/** Deploys, and stops in front of each step until it may go on. */
const STEPWISE = `
mkfifo /run/steps
combot deploy --yes ${FIRST.join(" ")} >/run/steps 2>&1 &
pid=$!
while IFS= read -r line; do
  case $line in "["*)
    kill -STOP $pid
    echo "$line"
    while ! test -e ${GO}; do sleep 0.2; done
    rm ${GO}
    kill -CONT $pid ;;
  esac
done </run/steps
wait $pid`;

/** Every managed path with mode, owner and digest; what is made of random secrets by mode and owner alone. */
const LEFT = `
for path in $(find /etc/combot /etc/systemd/system /etc/sysusers.d /etc/tmpfiles.d -path '*combot*' -type f | sort); do
  case $path in */credentials/*|*/redis.acl|*/redis.conf) digest= ;; *) digest=$(sha256sum <"$path") ;; esac
  echo "$(stat -c '%a %U:%G' "$path") $path $digest"
done
readlink /opt/combot/current; ls /opt/combot/releases; ls /var/lib/combot/deploy /var/lib/combot/deploy/generations
find /opt/combot/releases -type f | wc -l`;

/**
 * The power is cut after each step of a first deploy; from what the disk then has, a machine boots, and the next deploy
 * completes it. One deploy is made for all: the disk is copied at each step, as a cut would leave it.
 */
export async function* survivesCuts(model: Model, say: (progress: string) => void): AsyncGenerator<Line> {
  const stage = await stageFor(model, say);
  const { cuts, left } = await collectCuts(stage);
  try {
    yield forTheRecord("steps of a first deploy", cuts.length);
    for (const [index, { step, disk }] of cuts.entries()) {
      stage.say(`${index + 1} of ${cuts.length}: power cut as “${step}” begins`);
      const machine = await stage.create(disk);
      try {
        yield* isCompleted(machine, step, left);
      } finally {
        await machine.remove();
        rmSync(disk);
      }
    }
  } finally {
    for (const { disk } of cuts) rmSync(disk, { force: true });
  }
}

async function* isCompleted(machine: VirtualMachine, step: string, left: string): AsyncGenerator<Line> {
  const what = `power cut as “${step}” begins`;
  await machine.boot();
  const { status, stderr } = await deploy(machine, ...FIRST);
  yield equals(`${what}: exit status of the next deploy`, status === 0 ? 0 : short(stderr.slice(-500)), 0);
  for await (const line of serves(machine, what)) if (!line.pass) yield line;
  const now = await machine.guest.sh(LEFT);
  yield equals(`${what}: what differs from an undisturbed one`, difference(left, now), "none");
}

async function collectCuts(stage: Stage): Promise<{ readonly cuts: readonly Cut[]; readonly left: string }> {
  const machine = await installed(stage);
  const cuts: Cut[] = [];
  try {
    const onLine = async (line: string): Promise<void> => {
      const step = /^\[\d+\/\d+\] (.*)/.exec(line)?.[1];
      if (step === undefined) return;
      stage.say(`copying the disk as “${step}” begins`);
      const disk = stage.kept(`cut-${cuts.length}`);
      await machine.copyDisk(disk);
      cuts.push({ step, disk });
      await machine.guest.sh(`touch ${GO}`);
    };
    const { status } = await machine.guest.run(STEPWISE, { onLine });
    if (status !== 0) throw new Error(`the deploy failed: ${status}`);
    return { cuts, left: await machine.guest.sh(LEFT) };
  } finally {
    await machine.remove();
  }
}

/** Lines that only one of the two has. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const gone = old.filter((line) => !now.includes(line)).map((line) => `-${line}`);
  const added = now.filter((line) => !old.includes(line)).map((line) => `+${line}`);
  return short([...gone, ...added].join("; ")) || "none";
}
