import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Terminal } from "../../../../scripts/support/terminal.ts";
import type { Line, Part } from "../../record.ts";
import { threadsMicroseconds } from "../../processor-time.ts";
import { median, round } from "../../statistics.ts";
import { monitorCommand, withWatched } from "./watched.ts";

const WATCH_MS = 60_000;
/** A daemon that has just started compiles what it runs: that is not the price of being watched. */
const SETTLE_MS = 20_000;
const NODE_STARTS = 5;
const TICKS_PER_SECOND = 100;
const DAEMON_SHARE = 0.003;
const OTHERS = ["glances", "btop"];

interface Watching {
  /** From its start to the end of the minute. */
  readonly cpuSeconds: number;
  /** What the daemon took meanwhile. */
  readonly daemonSeconds: number;
}

/** Glances, the monitor and btop one after another, each from its start on for a minute, in a terminal of 120 × 40. */
export const cost: Part = {
  name: "cost",
  async *run(say): AsyncGenerator<Line> {
    const missing = OTHERS.filter((name) => spawnSync(name, ["--version"]).error);
    if (missing.length > 0) {
      const measured = `${missing.join(" and ")}: not installed (apt-get install ${missing.join(" ")})`;
      yield { what: "CPU seconds beside glances and btop", measured, target: "both are there", pass: false };
      return;
    }
    yield* await withWatched(async function* ({ daemon }): AsyncGenerator<Line> {
      const folder = mkdtempSync(join(tmpdir(), "cm-"));
      try {
        say("the daemon settles");
        await delay(SETTLE_MS);
        say("glances");
        const glances = await watch("glances -t 1", daemon.pid);
        say("combot monitor");
        const ours = await watch(monitorCommand(daemon.socketPath), daemon.pid);
        say("btop");
        const btop = await watch("btop --utf-force", daemon.pid, btopConfig(folder));
        yield* compare(ours, glances, btop);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
};

function* compare(ours: Watching, glances: Watching, btop: Watching): Generator<Line> {
  const node = round(nodeStartSeconds(), 3);
  const third = round(glances.cpuSeconds / 3, 3);
  const most = round(btop.cpuSeconds + node, 3);
  const measured = round(ours.cpuSeconds, 3);
  yield {
    what: "CPU seconds of 60 s of combot monitor, its start included",
    measured,
    target: `at most a third of glances' ${glances.cpuSeconds}: ${third}`,
    pass: measured <= third,
  };
  yield {
    what: "the same beside btop",
    measured,
    target: `at most btop's ${btop.cpuSeconds} and the start of Node, ${node}: ${most}`,
    pass: measured <= most,
  };
  // Nobody listened to the daemon while the other two ran, one before and one after.
  const idle = (glances.daemonSeconds + btop.daemonSeconds) / 2;
  const share = ((ours.daemonSeconds - idle) * 1000) / WATCH_MS;
  const both = `${round(ours.daemonSeconds, 3)} s watched, ${round(idle, 3)} s not`;
  yield {
    what: "the daemon's share of it, of one core",
    measured: round(share, 5),
    target: `below ${DAEMON_SHARE} (${both})`,
    pass: share < DAEMON_SHARE,
  };
}

async function watch(command: string, daemon: number, env: Readonly<Record<string, string>> = {}): Promise<Watching> {
  const before = threadsMicroseconds(daemon) / 1e6;
  const terminal = await Terminal.start({ width: 120, height: 40, command, env });
  try {
    const pid = await terminal.pid();
    await delay(WATCH_MS);
    const screen = await terminal.screen();
    if (screen.every((line) => line === "")) throw new Error(`${command} showed nothing`);
    return { cpuSeconds: processSeconds(pid), daemonSeconds: threadsMicroseconds(daemon) / 1e6 - before };
  } finally {
    await terminal.end();
  }
}

/** Those of the children that it has waited for included. */
function processSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  return fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND;
}

/** btop's own default is a reading every two seconds. */
function btopConfig(folder: string): Record<string, string> {
  mkdirSync(join(folder, "btop"));
  writeFileSync(join(folder, "btop", "btop.conf"), "update_ms = 1000\n");
  return { XDG_CONFIG_HOME: folder };
}

function nodeStartSeconds(): number {
  const starts = Array.from({ length: NODE_STARTS }, () => {
    const script = "const { user, system } = process.cpuUsage(); process.stdout.write(String((user + system) / 1e6))";
    return Number(spawnSync(process.execPath, ["-e", script], { encoding: "utf8" }).stdout);
  });
  return median(starts);
}
