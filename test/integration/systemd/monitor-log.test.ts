import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SOCKET, writeDaemonUnit } from "../../support/systemd/daemon-unit.ts";
import { Machine } from "../../support/systemd/machine.ts";
import { hasMachines, sayIfNotTested } from "../../support/systemd/not-tested.ts";

const UNIT = "combot-enhanced.service";
const COMBOT = fileURLToPath(new URL("../../../bin/run.js", import.meta.url));
const SHOWN = { timeout: 60_000, interval: 500 };
const TMUX = ["tmux", "-S", "/run/monitor.tmux", "-f", "/dev/null"];

sayIfNotTested("the log beside the monitor");

describe.runIf(hasMachines)("the monitor of a unit", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.boot();
    await writeDaemonUnit(machine, { settings: ["WORKERS=1"], service: ["TimeoutStopSec=2"] });
    await machine.sh("systemctl", "start", UNIT);
    const monitor = `env TERM=tmux-256color ${process.execPath} ${COMBOT} monitor --socket ${SOCKET}`;
    await machine.sh(...TMUX, "new-session", "-d", "-x", "180", "-y", "40", monitor);
  });
  afterAll(() => machine.stop());

  const screen = (): Promise<string> => machine.sh(...TMUX, "capture-pane", "-p");
  const press = (...keys: string[]): Promise<string> => machine.sh(...TMUX, "send-keys", ...keys);
  const followers = async (): Promise<string> => (await machine.run(["pgrep", "-c", "-x", "journalctl"])).stdout.trim();

  test("shows its log beside the table as it goes on, filters it, and leaves no journalctl behind", async () => {
    await expect.poll(screen, SHOWN).toMatch(/worker 0 +\d+ ready/);
    expect(await followers()).toBe("0");
    await press("l");
    await expect.poll(screen, SHOWN).toMatch(/│ log\n[^]*│ \d\d:\d\d:\d\dZ info +worker ready +slot=0/);
    await machine.sh("systemctl", "kill", "--kill-whom=main", "--signal=HUP", UNIT);
    await expect.poll(screen, SHOWN).toMatch(/│ \d\d:\d\d:\d\dZ \w+ +[^\n]*(reload|settings)/i);
    await press("/", "w", "o", "r", "k", "e", "r", "Enter");
    await expect.poll(screen, SHOWN).toMatch(/│ log, with worker\n/);
    expect(await screen()).not.toMatch(/│ \d\d:\d\d:\d\dZ \w+ +[^\n]*reload/i);
    expect(await followers()).toBe("1");
    await press("q");
    await expect.poll(followers, SHOWN).toBe("0");
  });
});
