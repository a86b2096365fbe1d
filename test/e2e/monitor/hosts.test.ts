import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { LAUNCHER, PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { Terminal } from "../../../scripts/support/terminal.ts";
import { HOSTILE, obeyedIn } from "../../support/hostile-names.ts";
import { LoopbackSshd } from "../../support/ssh/loopback-sshd.ts";
import { hasSsh, sayIfNoSsh } from "../../support/ssh/requirements.ts";
import { runCli } from "../cli/cli-process.ts";
import { expectShown, HAS_TMUX } from "./watched.ts";

sayIfNoSsh("the monitor of several hosts");

const LIMIT_MS = 120_000;
const GONE = "nowhere.invalid";

interface HostDocument {
  readonly host: string;
  readonly exit: number;
  readonly error: string | null;
  readonly answeredAt: string | null;
  readonly report: { readonly daemon: { readonly state: string }; readonly sample: unknown } | null;
}

describe.skipIf(!hasSsh)("several hosts over ssh", { timeout: LIMIT_MS }, () => {
  let sshd: LoopbackSshd;
  let daemon: PrivateDaemon;
  let program: string;

  beforeAll(async () => {
    sshd = await LoopbackSshd.start(["web1", "stopped", "hostile", "hangs"]);
    daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", WORKERS: "1" } });
    program = join(sshd.folder, "combot");
    writeFileSync(join(sshd.folder, "hostile.json"), JSON.stringify(hostileRecord()));
    writeFileSync(program, programText(), { mode: 0o755 });
  }, LIMIT_MS);

  afterAll(async () => {
    await daemon?.stop();
    await sshd?.stop();
  }, LIMIT_MS);

  /** Which machine it is asked on is in the address that sshd was called at. */
  function programText(): string {
    const combot = `exec ${process.execPath} ${LAUNCHER} "$@" --socket`;
    return `#!/bin/sh
set -- "$@"
case " $SSH_CONNECTION" in
*" ${sshd.addressOf("hangs")} "*) until [ -e ${join(sshd.folder, "gate")} ]; do sleep 0.1; done ;;
*" ${sshd.addressOf("stopped")} "*) ${combot} /nowhere/combot.sock ;;
*" ${sshd.addressOf("hostile")} "*) exec cat ${join(sshd.folder, "hostile.json")} ;;
esac
${combot} ${daemon.socketPath}
`;
  }

  function hostileRecord() {
    const model = { name: HOSTILE, digest: HOSTILE };
    return {
      daemon: { state: "up", detail: "" },
      sample: {
        health: { status: "ok", version: HOSTILE, model, checks: {} },
        alerts: [{ alert: HOSTILE, severity: HOSTILE, summary: HOSTILE }],
      },
    };
  }

  function flagsFor(...hosts: readonly string[]): string[] {
    const file = join(sshd.folder, `hosts-${hosts.length}`);
    writeFileSync(file, hosts.map((host) => `${host}\n`).join(""));
    return ["--hosts", file, "--ssh-config", sshd.config, "--program", program];
  }

  test("--once: a row a host, or why there is none; it ends with the worst status", async () => {
    const ran = await runCli(["monitor", "--once", ...flagsFor("web1", "stopped", GONE)]);
    expect(ran.status, ran.stderr).toBe(3);
    expect(ran.stdout).toMatch(/^combot 3 hosts: 1 (ok|degraded), 1 down, 1 unreachable /);
    expect(ran.stdout).toMatch(/^HOST +STATE +MEM LEVEL +REQ\/S/m);
    expect(ran.stdout).toMatch(/^web1 +(ok|degraded) +[\d.]+% \w+ +0\.0 /m);
    expect(ran.stdout).toMatch(/^stopped +down There is no control socket/m);
    expect(ran.stdout).toMatch(/^nowhere\.invalid +unreachable for \d+s: ssh: Could not resolve hostname/m);
  });

  test("--once --json: each host's own document", async () => {
    const ran = await runCli(["monitor", "--once", "--json", ...flagsFor("web1", "stopped", GONE)]);
    const { hosts } = JSON.parse(ran.stdout) as { hosts: HostDocument[] };
    expect(ran.status).toBe(3);
    expect(hosts.map(({ host, exit, report }) => [host, exit, report?.daemon.state])).toEqual([
      ["web1", 0, "up"],
      ["stopped", 3, "down"],
      [GONE, 3, undefined],
    ]);
    expect(hosts[0]?.report?.sample).toMatchObject({ health: { status: expect.any(String) as string } });
    expect(hosts.map(({ error, answeredAt }) => [error === null, answeredAt === null])).toEqual([
      [true, false],
      [true, false],
      [false, true],
    ]);
  });

  test("what a host calls its model and its alerts is shown harmless", async () => {
    const ran = await runCli(["monitor", "--once", ...flagsFor("hostile")]);
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/^hostile +ok .*h0st/m);
    expect(obeyedIn(ran.stdout)).toEqual([]);
  });

  async function open(...hosts: readonly string[]): Promise<Terminal> {
    const monitor = [process.execPath, LAUNCHER, "monitor", "--interval", "1", ...flagsFor(...hosts)].join(" ");
    const command = `sh -c 'stty -g | cksum; ${monitor}; echo "ended with $?"; stty -g | cksum; exec cat'`;
    const terminal = await Terminal.start({ width: 80, height: 24, command });
    onTestFinished(() => terminal.end());
    return terminal;
  }

  async function expectRestored(terminal: Terminal, status: number): Promise<void> {
    const screen = await expectShown(terminal, new RegExp(`ended with ${status}\\n.`));
    const [before, , after] = screen;
    expect(after).toBe(before);
    expect(await terminal.state("alternate_on")).toBe("0");
    expect(await terminal.state("cursor_flag")).toBe("1");
  }

  test.skipIf(!HAS_TMUX)("live: one that hangs holds up nobody, and its row says for how long; q ends it", async () => {
    const terminal = await open("web1", "hangs", GONE);
    const pattern =
      /web1 +(ok|degraded) [^]*hangs +silent no answer for \d+s\n[^]*nowhere\.invalid +unreachable for \d+s/;
    const screen = await expectShown(terminal, pattern);
    expect(screen).toHaveLength(24);
    expect(screen.at(-1)).toMatch(/^q quit /);
    writeFileSync(join(sshd.folder, "gate"), "");
    await expectShown(terminal, /^hangs +(ok|degraded) /m);
    await terminal.press("q");
    await expectRestored(terminal, 0);
  });

  test.skipIf(!HAS_TMUX)("live: Ctrl-C leaves the terminal as it was, and ends the connections", async () => {
    const terminal = await open("web1", GONE);
    await expectShown(terminal, /web1 +(ok|degraded) /);
    await terminal.press("C-c");
    await expectRestored(terminal, 130);
    // Whoever logged in is logged out again.
    await expect.poll(() => sshd.log).toContain("Disconnected from user");
  });
});
