import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Machine } from "../systemd/machine.ts";

const RUN = fileURLToPath(new URL("killed-run.ts", import.meta.url));

/** As if combot had never been there. */
const FORGET = `
systemctl stop combot.target 'combot*' 2>/dev/null
systemctl reset-failed 'combot*' 2>/dev/null
rm -rf /etc/combot /var/lib/combot /run/combot /run/combot-redis /opt/combot /etc/sysusers.d/combot.conf \\
  /etc/tmpfiles.d/combot.conf /etc/systemd/system/*combot* /etc/systemd/system/*.wants/*combot* \\
  /usr/local/bin/combot /usr/local/share/man/*combot /usr/local/share/*/*/*combot /etc/fish/completions/combot.fish
sed -i /^combot/d /etc/passwd /etc/shadow /etc/group /etc/gshadow
systemctl daemon-reload`;

interface Deployed {
  readonly steps: readonly string[];
  /** Every path of combot's with its mode, owner and SHA-256. */
  readonly left: readonly string[];
}

/** Deploys on one machine that die, and the ones after them. */
export class KilledDeploys {
  readonly #machine: Machine;
  readonly #program: string;
  readonly #start: "start" | "no-start";

  /** @param program the packed folder. */
  constructor(machine: Machine, program: string, start: "start" | "no-start") {
    this.#machine = machine;
    this.#program = program;
    this.#start = start;
  }

  /** Makes the machine bare again. */
  async forget(): Promise<void> {
    await this.#machine.sh("sh", "-c", FORGET);
  }

  /** One that nobody disturbs. */
  async run(): Promise<Deployed> {
    return JSON.parse(await this.#machine.sh(...this.#command())) as Deployed;
  }

  /** One that is killed with SIGKILL right after a step of its plan; throws where that did not come. */
  async runUntil(step: string): Promise<void> {
    const { status, signal, stderr } = await this.#machine.run([...this.#command(), step]);
    if (signal !== "SIGKILL" && status !== 137) throw new Error(`not killed after "${step}": ${status} ${stderr}`);
  }

  #command(): string[] {
    return [process.execPath, RUN, this.#program, join(this.#program, "description.json"), this.#start];
  }
}
