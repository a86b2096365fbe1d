import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../../../test/support/vm/folder.ts";
import type { Capability, Line } from "../record.ts";
import { Keyboard } from "./stranger/keyboard.ts";
import type { Typed } from "./stranger/keyboard.ts";
import { EmptyMachine, Kept, packaged } from "./stranger/machine.ts";
import { blockOf } from "./stranger/pages.ts";
import type { Block } from "./stranger/pages.ts";
import { expectedOf, faultOf } from "./stranger/typing.ts";

type Say = (progress: string) => void;

const QUICKSTART = "docs/quickstart-t3-large.md";
const USER = "ops";
/** Lines that are kept of both ends of what is very long. */
const ENDS = 40;

export const stranger: Capability = {
  name: "stranger",
  summary: "An empty virtual machine on which every line of README and quickstart is typed as it stands",
  run: typesEverything,
};

async function* typesEverything(say: Say): AsyncGenerator<Line> {
  say("packing combot");
  const { archive, digest } = await packaged();
  const transcript = new Transcript();
  const install = blockOf("README.md", "Install it", "sudo apt-get update");
  const kept = install.commands.map((_, at) => keptAfter(install, at, digest));
  const at = kept.findLastIndex(({ disk }) => disk !== undefined);
  const machine = await EmptyMachine.boot({ archive, from: kept[at]?.disk, say });
  try {
    await transcript.begin(machine);
    const before = kept[at]?.typed ?? [];
    for (const typed of before) yield transcript.add(install, typed);
    yield* installs({ machine, say, transcript }, { install, kept, before });
    yield* usesOwnDaemon({ machine, say, transcript });
    yield* followsQuickstart({ machine, say, transcript }, archive);
  } finally {
    await machine.remove();
  }
}

interface Sitting {
  readonly machine: EmptyMachine;
  readonly say: Say;
  readonly transcript: Transcript;
}

/** Installing takes most of the time: a run that failed later begins behind it. */
const KEPT_AFTER = /^sudo (apt-get|npm) install/;

function keptAfter({ commands }: Block, at: number, digest: string): Kept {
  const typed = commands.slice(0, at + 1);
  const hasPackage = typed.some((command) => command.includes("npm install"));
  return new Kept([...typed, hasPackage ? digest : ""]);
}

async function* installs(
  sitting: Sitting,
  parts: { readonly install: Block; readonly kept: readonly Kept[]; readonly before: readonly Typed[] },
): AsyncGenerator<Line> {
  const { machine } = sitting;
  const { install, kept, before } = parts;
  const all = [...before];
  const keyboard = await Keyboard.login(machine.vm, USER);
  try {
    for (const command of install.commands.slice(before.length)) {
      const typed = await typing(sitting, keyboard, command);
      all.push(typed);
      yield sitting.transcript.add(install, typed);
      if (KEPT_AFTER.test(command)) await kept[all.length - 1]!.keep(machine, all);
    }
  } finally {
    await keyboard.logout();
  }
}

/** As README goes on: a daemon of one's own beside the deployed one. */
async function* usesOwnDaemon(sitting: Sitting): AsyncGenerator<Line> {
  const keyboard = await Keyboard.login(sitting.machine.vm, USER);
  try {
    yield* typesBlock(sitting, keyboard, blockOf("README.md", "Use it", "export COMBOT_SOCKET"));
    yield* typesBlock(sitting, keyboard, blockOf("README.md", "Use it", "curl"));
    await keyboard.type("kill %1; wait");
  } finally {
    await keyboard.logout();
  }
}

async function* followsQuickstart(sitting: Sitting, archive: string): AsyncGenerator<Line> {
  const keyboard = await Keyboard.login(sitting.machine.vm, USER);
  const release = (): Promise<string> => sitting.machine.vm.guest.sh("readlink /opt/combot/current; true");
  try {
    yield* typesBlock(sitting, keyboard, blockOf(QUICKSTART, "Does it work?", "combot status"));
    yield* typesBlock(sitting, keyboard, blockOf(QUICKSTART, "A model of your own", "sudo mkdir"));
    yield* typesBlock(sitting, keyboard, blockOf(QUICKSTART, "Change a setting, restart", "echo"));
    yield* typesBlock(sitting, keyboard, blockOf(QUICKSTART, "Watch it", "combot"));
    await sitting.machine.release(archive);
    const last = blockOf(QUICKSTART, "Upgrade, go back, remove", "sudo npm install");
    const releases: string[] = [await release()];
    for (const command of last.commands) {
      yield sitting.transcript.add(last, await typing(sitting, keyboard, command));
      releases.push(await release());
    }
    const [first, installed, upgraded, back, removed] = releases;
    const measured = releases.join(" → ");
    const pass = first === installed && upgraded !== first && back === first && removed === "";
    yield { what: "releases", measured, target: "the first, the same, the next, the first, none", pass };
  } finally {
    await keyboard.logout();
  }
}

async function* typesBlock(sitting: Sitting, keyboard: Keyboard, block: Block): AsyncGenerator<Line> {
  for (const command of block.commands) yield sitting.transcript.add(block, await typing(sitting, keyboard, command));
}

function typing({ say }: Sitting, keyboard: Keyboard, command: string): Promise<Typed> {
  say(command);
  return keyboard.type(command, expectedOf(command));
}

/** All that was typed and shown, as a page. */
class Transcript {
  readonly #text: string[] = [];
  #place = "";

  async begin({ vm }: EmptyMachine): Promise<void> {
    const facts = `. /etc/os-release; echo "$PRETTY_NAME, Linux $(uname -r), $(systemctl --version | head -n 1)"`;
    this.#text.push(
      `What a stranger to combot typed from README and ${QUICKSTART}, and what the machine showed.`,
      `${await vm.guest.sh(facts)}; ${vm.shape.cores} cores, ${vm.shape.memoryMib} MiB, emulated:`,
      "it takes 40 to 60 times as long as a real one. Seconds stand behind each command.",
    );
  }

  /** Written at once: a run that takes an hour is looked into meanwhile. @returns whether it went as it should. */
  add({ page, heading }: Block, { command, status, seconds, shown }: Typed): Line {
    const place = `${page}, ${heading}`;
    if (place !== this.#place) this.#text.push("", `==== ${place}`);
    this.#place = place;
    this.#text.push("", `$ ${shortened(shown)}`, `[status ${status}, ${seconds} s]`);
    writeFileSync(join(PROJECT, "docs", "acceptance", "stranger.txt"), `${this.#text.join("\n")}\n`);
    const expected = expectedOf(command);
    const fault = faultOf(expected, status, shown);
    return {
      what: `${place}: ${command.replaceAll(/ +#.*| *\\\n */g, " ").trim()}`,
      measured: fault ?? `${status}, ${seconds} s`,
      target: `${expected.statuses.join(" or ")}${expected.says ? ` and ${expected.says}` : ""}`,
      pass: fault === undefined,
    };
  }
}

/** What apt says of 400 packages is no reading. */
function shortened(shown: string): string {
  const lines = shown.split("\n");
  const between = lines.length - 2 * ENDS;
  if (between <= ENDS) return shown;
  return [...lines.slice(0, ENDS), `[… ${between} lines]`, ...lines.slice(-ENDS)].join("\n");
}
