import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { writeNamedModel } from "../../support/repository.ts";
import { expectShown, HAS_TMUX, openMonitor, startWatched } from "./watched.ts";
import type { Watched } from "./watched.ts";

const WHOLE = /requests\/s.*\n[^]*PROCESS[^]*worker 1[^]*\? help$/;
const LABELS = ["memory", "cpu", "pressure", "disk", "network", "traffic", "model", "cache", "redis", "journal"];
const BELOW = ["PROCESS", "daemon", "worker 0", "worker 1", "alerts", "decisions"];

let watched: Watched;
beforeAll(async () => void (watched = await startWatched()));
afterAll(async () => {
  await watched.daemon.stop();
  await watched.redis.end();
});

/** Which keys are told of at the bottom: as many as there is room for, those that are wanted most. */
function keysAt(width: number): string {
  if (width === 80) return "q quit  p pause  h past  l log  / filter  s sort  r recycle  d decisions  ? help";
  const acts = "r recycle  u unload  c clean up";
  if (width === 100)
    return `q quit  p pause  h past  l log  / filter  s sort  ${acts.slice(0, 19)}  d decisions  ? help`;
  return `q quit  p pause  h past  enter detail  l log  / filter  s sort  ${acts}  d decisions  ? help`;
}

/** Every row is there, once and in one piece, and the screen ends with the keys. */
function expectWhole(screen: readonly string[], width: number, height: number): void {
  expect(screen).toHaveLength(height);
  expect(Math.max(...screen.map((line) => line.length))).toBeLessThanOrEqual(width);
  expect(screen[0]).toMatch(/^combot \S+ is (ok|degraded), up .*every 1s {2}\d\d:\d\d:\d\dZ$/);
  expect(screen.at(-1)).toBe(keysAt(width));
  for (const label of LABELS) {
    const rows = screen.filter((line) => new RegExp(`(^|[│|] )${label} {2,}`).test(line));
    // Memory is also the name of a trend.
    expect(rows, label).toHaveLength(label === "memory" ? 2 : 1);
  }
  for (const name of BELOW)
    expect(
      screen.filter((line) => line.startsWith(name)),
      name,
    ).toHaveLength(1);
}

describe.skipIf(!HAS_TMUX)("on a terminal", () => {
  test.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])("of %i × %i all is there and nothing is cut", async (width, height) => {
    const terminal = await openMonitor(watched.daemon.socketPath, { width, height });
    expectWhole(await expectShown(terminal, WHOLE), width, height);
  });

  test("that changes its size, all is there each time", async () => {
    const terminal = await openMonitor(watched.daemon.socketPath, { width: 120, height: 40 });
    await expectShown(terminal, WHOLE);
    for (const [width, height] of [
      [80, 24],
      [200, 60],
      [100, 30],
    ] as const) {
      await terminal.resize(width, height);
      const isDrawn = async (): Promise<boolean> => {
        const screen = await terminal.screen();
        return screen.length === height && WHOLE.test(screen.join("\n")) && (screen[0] ?? "").length === width;
      };
      await expect.poll(isDrawn, { timeout: 10_000 }).toBe(true);
      expectWhole(await terminal.screen(), width, height);
    }
  });

  test("without UTF-8 and colours: ASCII alone, no colour, the same words", async () => {
    const terminal = await openMonitor(watched.daemon.socketPath, { env: { LANG: "C", NO_COLOR: "1" } });
    const screen = await expectShown(terminal, WHOLE);
    expectWhole(screen, 80, 24);
    expect(screen.join("\n")).toMatch(/^[\n -~]*$/);
    // oxlint-disable-next-line no-control-regex -- that is what colours begin with.
    expect((await terminal.screen({ colours: true })).join("\n")).not.toMatch(/\u001B\[[0-9;]*m/);
  });

  test("that can't be drawn on: lines, each on one row", async () => {
    const terminal = await openMonitor(watched.daemon.socketPath, { env: { TERM: "dumb" } });
    const screen = await expectShown(terminal, /TIME[^]*\n.*Z ok .*\n.*Z ok /);
    for (const line of screen.slice(2).filter(Boolean)) expect(line).toMatch(/^\d\d:\d\d:\d\dZ ok /);
    expect(await terminal.state("alternate_on")).toBe("0");
  });

  test("keys: pause, decisions, help, and what asks first", async () => {
    const { daemon } = watched;
    const terminal = await openMonitor(daemon.socketPath);
    await expectShown(terminal, WHOLE);
    await terminal.press("p");
    const paused = await expectShown(terminal, /PAUSED/);
    await terminal.press("p");
    await expect.poll(async () => (await terminal.screen())[0], { timeout: 10_000 }).not.toContain("PAUSED");
    expect(paused.slice(1).join("\n")).toMatch(/PROCESS/);
    await terminal.press("?");
    await expectShown(terminal, /replace every worker[^]*\? back {2}q quit$/);
    await terminal.press("d");
    await expectShown(terminal, /decisions[^]*d back {2}q quit$/);
    await terminal.press("Escape");
    await expectShown(terminal, WHOLE);
    const before = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    await terminal.press("r");
    await expectShown(terminal, /Replace every worker, one after another\? \[y\/N\]$/);
    await terminal.press("n");
    await expectShown(terminal, WHOLE);
    expect(await daemon.json<ProcessStatus>("GET", "/api/process/status/")).toMatchObject({
      recycles: before.recycles,
    });
    await terminal.press("r", "y");
    await expectShown(terminal, /recycle: 2 workers replaced in /);
    await terminal.press("u", "y");
    await expectShown(terminal, /model +shop-intents {2}not loaded[^]*unload: 2 workers ended, .* came back in /);
    await terminal.press("c", "y");
    await expectShown(terminal, /cleanup: .* came back in /);
    await daemon.json("POST", "/api/model/load/?wait=true");
    await expectShown(terminal, /model +shop-intents {2}loaded/);
  });
});

describe.skipIf(!HAS_TMUX)("several models", () => {
  test("have a row each, and are loaded, pinned and unloaded from there; not where one may only look", async () => {
    const { daemon } = watched;
    const folder = mkdtempSync(join(tmpdir(), "combot-monitor-models-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const name of ["mood", "topic"]) {
      const dir = writeNamedModel(join(folder, name), name);
      await daemon.json("PUT", `/api/models/${name}/`, { dir });
      onTestFinished(async () => void (await daemon.ask("DELETE", `/api/models/${name}/`)));
    }
    const terminal = await openMonitor(daemon.socketPath, { width: 100, height: 30 });
    await expectShown(terminal, /MODEL[^]*\ndefault +ready[^]*\nmood +unloaded[^]*\ntopic +unloaded[^]*PROCESS/);
    await terminal.press("Down", "Down", "L");
    await expectShown(terminal, /▸ mood[^]*Load mood\? \[y\/N\]$/);
    await terminal.press("y");
    await expectShown(terminal, /▸ mood +ready[^]*\n {2}topic +unloaded[^]*load: a worker serves after /);
    await terminal.press("P", "y");
    await expectShown(terminal, /▸ mood +ready .* pinned[^]*mood is pinned/);
    await terminal.press("u", "y");
    await expectShown(terminal, /▸ mood +unloaded[^]*unload: 1 workers ended/);
    await terminal.press("Enter");
    await expectShown(terminal, /\nmodel +mood +unloaded +pinned/);
    const looking = await openMonitor(daemon.socketPath, { width: 80, height: 24, args: ["--readonly"] });
    await expectShown(looking, /MODEL[^]*\nmood +unloaded/);
    await looking.press("Down", "Down", "L");
    await expectShown(looking, /load: not with --readonly/);
    for (const name of ["mood", "topic"]) await daemon.json("DELETE", `/api/models/${name}/`);
    await expect.poll(async () => (await looking.screen()).join("\n"), { timeout: 10_000 }).not.toContain("MODEL");
  }, 60_000);
});

describe.skipIf(!HAS_TMUX)("what happens to the daemon shows", () => {
  test("a worker that is killed: among the decisions, with another in its place", async () => {
    const { daemon } = watched;
    const terminal = await openMonitor(daemon.socketPath);
    await expectShown(terminal, /worker 0 +\d+ ready/);
    const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    const pid = workers.find(({ slot }) => slot === 0)?.pid ?? 0;
    process.kill(pid, "SIGKILL");
    await expectShown(terminal, /decisions .*worker died: crash; slot 0/);
    await expectShown(terminal, new RegExp(`worker 0 +(?!${pid} )\\d+ ready`));
  });

  test("Redis that is killed, and comes back", async () => {
    const { daemon, redis } = watched;
    const terminal = await openMonitor(daemon.socketPath);
    await expectShown(terminal, /redis +up {2}/);
    await redis.kill();
    await expectShown(terminal, /is degraded[^]*redis +down {2}breaker open[^]*alerts +redis degraded: /);
    await redis.run();
    await expectShown(terminal, /is ok[^]*redis +up {2}/);
  });

  test("a daemon that is frozen, stopped and started again", async () => {
    const other = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", WORKERS: "1", DATABASE_URL: "off" } });
    const terminal = await openMonitor(other.socketPath);
    await expectShown(terminal, /worker 0 +\d+ ready/);
    process.kill(other.pid, "SIGSTOP");
    await expectShown(terminal, /^combot \S+ is silent since \d\d:\d\d:\d\dZ \(/);
    process.kill(other.pid, "SIGCONT");
    await expectShown(terminal, /^combot \S+ is ok/);
    await other.stop();
    const down = await expectShown(
      terminal,
      /^combot is down since \d\d:\d\d:\d\dZ \([^]*daemon down: There is no control/,
    );
    expect(down.join("\n")).toMatch(/cpu +\d/);
    const again = await PrivateDaemon.start(
      { env: { LOG_LEVEL: "error", WORKERS: "1" } },
      dirname(dirname(other.socketPath)),
    );
    await expectShown(terminal, /^combot \S+ is ok[^]*worker 0 +\d+ ready/);
    await again.stop();
  });
});

describe.skipIf(!HAS_TMUX)("the terminal is as it was", () => {
  test.each([
    ["q", ["q"], 0],
    ["Ctrl-C", ["C-c"], 130],
  ])("after %s", async (_, keys, status) => {
    const terminal = await openMonitor(watched.daemon.socketPath);
    await expectShown(terminal, WHOLE);
    expect(await terminal.state("alternate_on")).toBe("1");
    await terminal.press(...keys);
    const screen = await expectShown(terminal, new RegExp(`^before\nended with ${status}\n[^]*speed`));
    expect(screen.join(" ")).toMatch(/ icanon .* echo /);
    expect([await terminal.state("alternate_on"), await terminal.state("cursor_flag")]).toEqual(["0", "1"]);
  });

  test("after a crash, with what went wrong told", async () => {
    const crash = 'data:text/javascript,setTimeout(()=>{throw(new(Error)("boom"))},3000)';
    const terminal = await openMonitor(watched.daemon.socketPath, { env: { NODE_OPTIONS: `--import=${crash}` } });
    await expectShown(terminal, WHOLE);
    const screen = await expectShown(terminal, /^before\n[^]*boom[^]*ended with 1\n[^]*speed/);
    expect(screen.join(" ")).toMatch(/ icanon .* echo /);
    expect(await terminal.state("alternate_on")).toBe("0");
  });

  test("one that is closed leaves nothing running", async () => {
    const terminal = await openMonitor(watched.daemon.socketPath);
    await expectShown(terminal, WHOLE);
    const shell = await terminal.pid();
    const children = readFileSync(`/proc/${shell}/task/${shell}/children`, "latin1").trim();
    const monitor = Number(children);
    // It has no processes of its own that could be left behind.
    expect(readFileSync(`/proc/${monitor}/task/${monitor}/children`, "latin1")).toBe("");
    await terminal.end();
    const isGone = (): boolean => {
      try {
        return !process.kill(monitor, 0);
      } catch {
        return true;
      }
    };
    await expect.poll(isGone, { timeout: 10_000 }).toBe(true);
  });
});
