import type { Line } from "../../record.ts";
import { untilHealthy } from "../machines/probes.ts";
import type { Typed } from "./keyboard.ts";
import { EmptyMachine, Kept, packaged } from "./machine.ts";
import { blockOf } from "./pages.ts";
import type { Block } from "./pages.ts";
import { Sitting } from "./sitting.ts";
import type { Say } from "./sitting.ts";

/** What takes long, and the last line of all: a run that failed later begins behind it. */
const KEPT_AFTER = /^sudo (apt-get|npm) install|^combot monitor/;

const installation = (): Block => blockOf("README.md", "Install it", "sudo apt-get update");

/** From nothing to a monitored service. */
export async function* installs(say: Say): AsyncGenerator<Line> {
  say("packing combot");
  const block = installation();
  const { archive, digest } = await packaged();
  const kept = block.commands.map((_, at) => keptAfter(block, at, digest));
  // The last one is what comes of it.
  const at = kept.slice(0, -1).findLastIndex(({ disk }) => disk !== undefined);
  const before = kept[at]?.typed ?? [];
  const machine = await EmptyMachine.boot({ archive, from: kept[at]?.disk, say });
  const sitting = await Sitting.begin("install", machine, say);
  try {
    const all: Typed[] = [];
    for (const [index, command] of block.commands.entries()) {
      const typed = before[index] ?? (await sitting.type(command));
      all.push(typed);
      yield sitting.transcript.add(block, typed);
      if (index > at && KEPT_AFTER.test(command)) await kept[index]!.keep(machine, all);
    }
  } finally {
    await sitting.end();
  }
}

/** The machine that {@link installs} has left, started again after its power went. */
export async function installed(
  part: string,
  say: Say,
): Promise<{ readonly sitting: Sitting; readonly archive: string }> {
  say("packing combot");
  const block = installation();
  const { archive, digest } = await packaged();
  const kept = keptAfter(block, block.commands.length - 1, digest);
  if (kept.disk === undefined) for await (const _ of installs(say));
  const machine = await EmptyMachine.boot({ archive, from: kept.disk, say });
  say("waiting for the daemon");
  await untilHealthy(machine.vm);
  return { sitting: await Sitting.begin(part, machine, say), archive };
}

function keptAfter({ commands }: Block, at: number, digest: string): Kept {
  const typed = commands.slice(0, at + 1);
  const hasPackage = typed.some((command) => command.includes("npm install"));
  return new Kept([...typed, hasPackage ? digest : ""]);
}
