import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../../../../test/support/vm/folder.ts";
import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import type { Typed } from "./keyboard.ts";
import type { Block } from "./pages.ts";
import { expectedOf, faultOf } from "./typing.ts";

/** Lines that are kept of both ends of what is very long: what apt says of 400 packages is no reading. */
const ENDS = 40;

/** Where apt fetches from is the machine's own affair. */
const ADDRESS = /https?:\/\/(?!localhost|combot)[\w.:-]+\//g;

/** All that was typed and shown, as a page: docs/acceptance/stranger-PART.txt. */
export class Transcript {
  readonly #path: string;
  readonly #text: string[] = [];
  #place = "";

  private constructor(part: string) {
    this.#path = join(PROJECT, "docs", "acceptance", `stranger-${part}.txt`);
  }

  static async begin(part: string, { guest, shape }: VirtualMachine): Promise<Transcript> {
    const transcript = new Transcript(part);
    const facts = `. /etc/os-release; echo "$PRETTY_NAME, Linux $(uname -r), $(systemctl --version | head -n 1)"`;
    transcript.#text.push(
      "What a stranger to combot typed from its pages, and what the machine showed.",
      `${await guest.sh(facts)}; ${shape.cores} cores, ${shape.memoryMib} MiB, emulated:`,
      "everything takes tens of times as long as on a real one. Seconds stand behind each command.",
    );
    return transcript;
  }

  /** Written at once: a run that takes an hour is looked into meanwhile. @returns whether it went as it should. */
  add({ page, heading }: Block, { command, status, seconds, shown }: Typed): Line {
    const place = `${page}, ${heading}`;
    if (place !== this.#place) this.#text.push("", `==== ${place}`);
    this.#place = place;
    this.#text.push("", shortened(shown).replaceAll(ADDRESS, "http://MIRROR/"), `[status ${status}, ${seconds} s]`);
    writeFileSync(this.#path, `${this.#text.join("\n")}\n`);
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

function shortened(shown: string): string {
  const lines = shown.split("\n");
  const between = lines.length - 2 * ENDS;
  if (between <= ENDS) return shown;
  return [...lines.slice(0, ENDS), `[… ${between} lines]`, ...lines.slice(-ENDS)].join("\n");
}
