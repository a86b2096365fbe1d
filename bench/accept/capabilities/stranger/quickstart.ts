import type { Line } from "../../record.ts";
import { installed } from "./installation.ts";
import { blockOf } from "./pages.ts";
import type { Block } from "./pages.ts";
import type { Say } from "./sitting.ts";

const BLOCKS = [
  ["Does it work?", "combot status"],
  ["A model of your own", "sudo mkdir"],
  ["Change a setting, restart", "echo"],
  ["Watch it", "combot"],
] as const;

const quickstart = (heading: string, beginning: string): Block =>
  blockOf("docs/quickstart-t3-large.md", heading, beginning);

/** What comes behind the ten lines. */
export async function* followsQuickstart(say: Say): AsyncGenerator<Line> {
  const { sitting } = await installed("quickstart", say);
  try {
    for (const [heading, beginning] of BLOCKS) yield* sitting.typeBlock(quickstart(heading, beginning));
  } finally {
    await sitting.end();
  }
}

/** The next version, the way back, and to the last trace. */
export async function* upgradesAndRemoves(say: Say): AsyncGenerator<Line> {
  const { sitting, archive } = await installed("upgrade", say);
  const { machine, transcript } = sitting;
  const release = (): Promise<string> => machine.vm.guest.sh("readlink /opt/combot/current; true");
  try {
    await machine.release(archive);
    const last = quickstart("Upgrade, go back, remove", "sudo npm install");
    const releases: string[] = [await release()];
    for (const command of last.commands) {
      yield transcript.add(last, await sitting.type(command));
      releases.push(await release());
    }
    const [first, fetched, upgraded, back, removed] = releases;
    const pass = first === fetched && upgraded !== first && back === first && removed === "";
    const target = "the first, the same, the next, the first, none";
    yield { what: "releases", measured: releases.map((one) => one || "none").join(" → "), target, pass };
  } finally {
    await sitting.end();
  }
}
