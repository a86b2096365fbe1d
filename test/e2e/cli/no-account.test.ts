import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { LAUNCHER } from "../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import { packageFile } from "../../../src/lib/package-files.ts";

/** Of no account: neither /etc/passwd nor /etc/group names it. */
const UID = 54_321;

/** Everything read-only but one folder, and an environment with nothing in it: as a hardened container with any uid. */
const SEAL = `
folder=$1; shift
[ "$folder" = none ] || mount --bind "$folder" "$folder"
for place in $(awk '{ print $5 }' /proc/self/mountinfo); do
  case "$place" in "$folder" | /proc | /proc/* | /sys | /sys/* | /dev | /dev/*) ;; *) mount -o remount,ro,bind "$place" 2>/dev/null ;; esac
done
umask 077
exec setpriv --reuid ${UID} --regid ${UID} --clear-groups --no-new-privs env -i PATH=/usr/bin:/bin "$@"`;

type Env = Readonly<Record<string, string>>;

function sealed(folder: string, env: Env, command: readonly string[]): string[] {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return ["unshare", "--mount", "sh", "-c", SEAL, "sh", folder, ...settings, process.execPath, ...command];
}

const [first = "", ...rest] = sealed("none", {}, ["-e", "0"]);
const canSeal = process.getuid?.() === 0 && spawnSync(first, rest).status === 0;

function start(args: readonly string[], env: Env, folder: string) {
  const [command = "", ...more] = sealed(folder, env, [LAUNCHER, ...args]);
  const child = spawn(command, more, { cwd: packageFile("."), stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function run(args: readonly string[], env: Env = {}, folder = "none") {
  const child = start(args, env, folder);
  const [[status], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
  return { status: status as number | null, stdout, stderr };
}

/** A folder of that uid's. */
function ownFolder(): string {
  const folder = mkdtempSync("/tmp/cn-");
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chownSync(folder, UID, UID);
  return folder;
}

const ABSENT = "combot daemon";

describe.runIf(canSeal)("a user without an account, a home, a shell, or a place to write to", () => {
  test("has nobody's uid", () => {
    expect(readFileSync("/etc/passwd", "utf8")).not.toMatch(new RegExp(`:${UID}:`));
  });

  test.each<[string, number, string]>([
    ["", 0, "COMMANDS"],
    ["help", 0, "COMMANDS"],
    ["--version", 0, "combot/"],
    ["status --help", 0, "USAGE"],
    ["autocomplete", 0, "combot autocomplete fish >"],
    ["autocomplete bash", 0, "complete -F"],
    ["docs", 0, "Which setting does that?"],
    ["docs models", 0, "Hugging Face"],
    ["daemon", 2, "set COMBOT_STATE_DIR"],
    ["config", 2, "set COMBOT_STATE_DIR"],
    ["model check models/shop-intents", 2, "set TMPDIR"],
    ["deploy --dry-run", 4, "sudo combot deploy|systemd does not run"],
    ["deploy --dry-run --root /srv/nothing", 0, "install"],
    ["status", 3, ABSENT],
    ["classify hello", 3, ABSENT],
    ["cleanup --yes", 3, ABSENT],
    ["recycle", 3, ABSENT],
    ["model list", 3, ABSENT],
    ["model load", 3, ABSENT],
    ["model pin intents", 3, ABSENT],
    ["model rescan", 3, ABSENT],
    ["model shadow", 3, ABSENT],
    ["model unpin intents", 3, ABSENT],
    ["model unload", 3, ABSENT],
    ["model use models/shop-intents", 3, ABSENT],
    ["backup", 3, ABSENT],
    ["restore --yes x", 3, ABSENT],
    ["decisions", 3, ABSENT],
    ["history", 3, ABSENT],
    ["inbox", 3, ABSENT],
    ["inbox forget hello", 3, ABSENT],
    ["inbox label", 2, "There is no terminal"],
    ["warm", 3, ABSENT],
    ["perf-test --duration 1", 3, ABSENT],
    ["plan --users 10", 3, ABSENT],
    ["doctor", 4, ABSENT],
    ["report --show", 0, "versions.json"],
    ["monitor --once", 3, "combot is down"],
    ["token new shop", 0, "sha256:"],
    ["nonsense", 2, "is not a command"],
  ])("combot %s", async (line, status, told) => {
    const ended = await run(line.split(" ").filter(Boolean));
    expect([ended.status, ended.stderr]).toEqual([status, expect.not.stringMatching(/defect|uv_os|^ {4}at /m)]);
    expect(ended.stdout + ended.stderr).toMatch(new RegExp(told));
  });

  test("its daemon names the one thing that is missing, one after another", async () => {
    const folder = ownFolder();
    const state = { COMBOT_STATE_DIR: join(folder, "state"), REDIS_URL: "off" };
    const withoutSocket = await run(["daemon"], state, folder);
    expect(withoutSocket.status).toBe(2);
    expect(withoutSocket.stderr).toMatch(/Error: The socket can't be made: \/tmp\/combot-54321 .*\n.*COMBOT_SOCKET/);
    const unwritable = await run(["daemon"], { ...state, COMBOT_STATE_DIR: "/srv/state" }, folder);
    expect(unwritable.status).toBe(4);
    expect(unwritable.stderr).toMatch(/^Error: The state folder can't take it: .*\/srv\/state.*\n.*COMBOT_STATE_DIR/m);
  });

  test("its daemon serves where it has a place for state and sockets, and its commands work", async () => {
    const folder = ownFolder();
    const socket = { COMBOT_SOCKET: join(folder, "run", "combot.sock") };
    const env = { ...socket, COMBOT_STATE_DIR: join(folder, "state"), REDIS_URL: "off" };
    const daemon = start(["daemon"], env, folder);
    const health = async (): Promise<number | undefined> =>
      (await callSocket({ socketPath: socket.COMBOT_SOCKET, path: "/api/health/" }).catch(() => undefined))?.status;
    await expect.poll(health, { timeout: 20_000, interval: 20 }).toBe(200);
    for (const line of ["status", "classify hello", "cleanup --yes", "recycle", "backup", "config", "monitor --once"]) {
      const { status, stderr } = await run(line.split(" "), socket, folder);
      expect([line, status, stderr]).toEqual([line, 0, expect.not.stringMatching(/defect/)]);
    }
    const ended = once(daemon, "exit");
    daemon.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});
