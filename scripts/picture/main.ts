import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SqliteStore } from "../../src/daemon/journal/sqlite/store.ts";
import { EMERGENCY, DAY_MINUTES, RECYCLE, recordedDay, writeDay } from "../../test/support/recorded-day.ts";
import { LAUNCHER, PrivateDaemon } from "../support/private-daemon.ts";
import { Terminal } from "../support/terminal.ts";
import { keepAsking } from "./callers.ts";
import { drawScreen } from "./svg.ts";

/**
 * docs/pictures: the screens themselves, on a real terminal, of a daemon that answers a shop's customers and has a day
 * with an emergency behind it. Usage: npm run picture [NAME…], as monitor, monitor-past, status.
 */
const FOLDER = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
/** Where a deployed combot is. */
const PLACE = "/opt/combot/current";
const SIZES = [
  [60, 20],
  [80, 24],
  [100, 30],
  [200, 60],
] as const;
/** In README and docs/monitor.md. */
const SHOWN = [120, 34] as const;
/** Until the trends have something to show. */
const SETTLE_MS = 120_000;
const DRAWN_MS = 60_000;
const COMING_MS = 1500;
const MINUTE_MS = 60_000;
/** Commands print what they print: none of it may scroll away. */
const TALL = 120;

interface Picture {
  readonly name: string;
  readonly args: readonly string[];
  /** Each is pressed when the screen has what stands before it. */
  readonly keys: readonly (readonly [RegExp, ...string[]])[];
  /** The screen is ready when it has this; undefined: when the command has ended. */
  readonly until?: RegExp;
}

interface Shot {
  readonly picture: Picture;
  readonly size: readonly [number, number];
  readonly file: string;
}

const WHOLE = /worker 1 +\d+ (ready|busy)/;
const day = recordedDay(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - DAY_MINUTES * MINUTE_MS - 30 * MINUTE_MS);
const timeOf = (minute: number): string => new Date(day.atMs(minute)).toISOString().slice(5, 16).replace("T", " ");
const typed = (minute: number): string[] =>
  timeOf(minute)
    .replace(" ", "_")
    .split("")
    .map((key) => (key === "_" ? "Space" : key));
const emergency = EMERGENCY.from + 2;
/** When the worker that came then has a life behind it that can be drawn. */
const old = RECYCLE + 170;

const PICTURES: readonly Picture[] = [
  { name: "monitor", args: ["monitor"], keys: [], until: WHOLE },
  {
    name: "monitor-detail",
    args: ["monitor"],
    keys: [
      [WHOLE, "h"],
      [/BACK IN TIME/, "g", ...typed(old), "Enter"],
      [new RegExp(`${timeOf(old)}[^]*worker 0`), "Down", "Down", "Down", "Enter"],
    ],
    until: /worker 0 +ready[^]*decisions/,
  },
  {
    name: "monitor-past",
    args: ["monitor"],
    keys: [
      [WHOLE, "h"],
      [/BACK IN TIME/, "g", ...typed(emergency), "Enter"],
    ],
    until: new RegExp(`BACK IN TIME +\\d{4}-${timeOf(emergency)}[^]*emergency[^]*worker 0`),
  },
  { name: "status", args: ["status"], keys: [] },
  { name: "decisions", args: ["decisions"], keys: [] },
  { name: "doctor", args: ["doctor"], keys: [] },
];

const wanted = process.argv.slice(2);
if (!import.meta.url.startsWith(`file://${PLACE}/`)) process.exit(runInPlace());
const folder = mkdtempSync(join(tmpdir(), "cd-"));
const store = new SqliteStore(join(folder, "state", "journal.db"));
await writeDay(store, day.events());
await store.close();
const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error" }, startLimitMs: DRAWN_MS }, folder);
const stopAsking = keepAsking(daemon.socketPath);
try {
  mkdirSync(FOLDER, { recursive: true });
  const asked = PICTURES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const shots = asked.flatMap((picture) => {
    const sized = SIZES.map((size) => ({ picture, size, file: `${picture.name}-${size.join("x")}.svg` }));
    return picture.name === "monitor" ? [{ picture, size: SHOWN, file: "monitor.svg" }, ...sized] : sized;
  });
  // Those that show the present are opened at once, so that their trends have minutes to show.
  const live = await Promise.all(
    shots.filter(({ picture }) => isLive(picture)).map(async (shot) => ({ shot, terminal: await open(shot) })),
  );
  if (live.length > 0) await delay(SETTLE_MS);
  for (const { shot, terminal } of live) await capture(shot, terminal);
  for (const shot of shots.filter(({ picture }) => !isLive(picture))) await capture(shot, await open(shot));
} finally {
  stopAsking();
  await daemon.stop();
}

/**
 * Where it would be on a machine of its own, with no other process to be seen: pictures are of combot, and not of whoever
 * made them. Nothing of this machine is changed; takes root.
 */
function runInPlace(): number {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const stage = `mount -t tmpfs none /opt && mkdir -p ${PLACE} && mount --bind "$1" ${PLACE} && shift && cd ${PLACE} && exec "$@"`;
  const command = [`${PLACE}/node_modules/node/bin/node`, `${PLACE}/scripts/picture/main.ts`, ...wanted];
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const { status, error } = spawnSync("unshare", [...namespaces, "sh", "-c", stage, "sh", root, ...command], {
    stdio: "inherit",
  });
  if (error) throw error;
  return status ?? 1;
}

function isLive({ keys, until }: Picture): boolean {
  return until !== undefined && keys.length === 0;
}

async function open({ picture: { args, until }, size: [width, height] }: Shot): Promise<Terminal> {
  const run = [process.execPath, LAUNCHER, ...args, "--socket", daemon.socketPath].join(" ");
  // The title says that it has ended, where nothing on the screen could.
  const command = until ? run : `sh -c '${run}; printf "\\033]2;ended\\007"; exec cat'`;
  const env = { FORCE_COLOR: "1", PATH: process.env["PATH"] ?? "" };
  return Terminal.start({ width, height: until ? height : TALL, command, env });
}

async function capture({ picture, size: [width], file }: Shot, terminal: Terminal): Promise<void> {
  const { args, keys, until } = picture;
  const title = `combot ${args.join(" ")}`;
  try {
    for (const [pattern, ...pressed] of keys) {
      await shown(terminal, pattern);
      for (const key of pressed) await terminal.press(key);
    }
    if (until) await shown(terminal, until);
    else await eventually(async () => (await terminal.state("pane_title")) === "ended", title);
    // What comes of its own, as the life of a worker does.
    if (until) await delay(COMING_MS);
    const lines = await terminal.screen({ colours: true });
    const last = lines.findLastIndex((line) => line !== "");
    writeFileSync(join(FOLDER, file), drawScreen(until ? lines : lines.slice(0, last + 1), { width, title }));
    process.stdout.write(`${file}\n`);
  } finally {
    await terminal.end();
  }
}

async function shown(terminal: Terminal, pattern: RegExp): Promise<void> {
  await eventually(async () => pattern.test((await terminal.screen()).join("\n")), String(pattern));
}

async function eventually(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const limit = performance.now() + DRAWN_MS;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`never drawn: ${what}`);
    await delay(100);
  }
}
