import type { Line } from "../../record.ts";
import { forTheRecord, short } from "./probes.ts";
import { type Model, stageFor } from "./stage.ts";
import { installed } from "./walk.ts";

/** Of the record that the campaign inside writes. */
interface Recorded {
  readonly parts: readonly { readonly part: string; readonly lines: readonly Line[] }[];
}

const RECORD = "/project/docs/acceptance/memory.json";

/** The ladder's own campaign, run by the machine itself on its own cgroups. */
export async function* climbsInside(model: Model, say: (progress: string) => void): AsyncGenerator<Line> {
  const stage = await stageFor(model, say);
  const machine = await installed(stage);
  const { guest } = machine;
  try {
    // The project's disk is read-only, and root there is not whose it is.
    await guest.sh(`mkdir -p /project /var/tmp/upper /var/tmp/work
      mount -t overlay overlay -o lowerdir=/mnt,upperdir=/var/tmp/upper,workdir=/var/tmp/work /project
      git config --global --add safe.directory /project
      rm -f ${RECORD}`);
    const onLine = (line: string): void => stage.say(short(line));
    const { status, stdout, stderr } = await guest.run("cd /project && node bench/accept/main.ts memory climbs 2>&1", {
      onLine,
      limitMs: 4 * 3_600_000,
    });
    yield forTheRecord("accept memory climbs inside the machine: exit status", status ?? "none");
    const recorded = await guest.run(`cat ${RECORD}`);
    if (recorded.status !== 0) throw new Error(`${stdout.slice(-1000)}${stderr}`);
    for (const { part, lines } of (JSON.parse(recorded.stdout) as Recorded).parts) if (part === "climbs") yield* lines;
  } finally {
    await machine.remove();
  }
}
